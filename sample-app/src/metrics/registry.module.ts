import { Module } from '@nestjs/common'
import { collectDefaultMetrics, Registry } from 'prom-client'

function createRegistry(): Registry {
  // Not the library's global one: two apps in one process must not count for one another.
  const register = new Registry()
  collectDefaultMetrics({ register })
  return register
}

/** Where the app's figures stand, with those of the process. */
@Module({ providers: [{ provide: Registry, useFactory: createRegistry }], exports: [Registry] })
export class RegistryModule {}
