import { Module } from '@nestjs/common'
import { collectDefaultMetrics, Registry } from 'prom-client'

function createRegistry(): Registry {
  // Not the library's global one: two apps in one process must not mix their counts.
  const register = new Registry()
  collectDefaultMetrics({ register })
  return register
}

/** The registry of the app's metrics, with those of the process. */
@Module({ providers: [{ provide: Registry, useFactory: createRegistry }], exports: [Registry] })
export class RegistryModule {}
