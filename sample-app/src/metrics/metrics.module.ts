// Figures for Prometheus: of this process, and of chat in it.
import { Module } from '@nestjs/common'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { MetricsController } from './metrics.controller.js'

function createRegistry(): Registry {
  // Not the library's global one: two apps in one process must not count for one another.
  const register = new Registry()
  collectDefaultMetrics({ register })
  return register
}

@Module({ controllers: [MetricsController], providers: [{ provide: Registry, useFactory: createRegistry }] })
export class MetricsModule {}
