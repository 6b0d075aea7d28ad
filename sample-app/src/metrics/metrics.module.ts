// Metrics for Prometheus: of this process, and of chat in it.
import { Module } from '@nestjs/common'
import { RookeryMetricsModule, type RookeryMetricsOptions } from '@rookery/nest-adapter/metrics'
import { Registry } from 'prom-client'
import { MetricsController } from './metrics.controller.js'
import { RegistryModule } from './registry.module.js'

@Module({
  imports: [
    RegistryModule,
    RookeryMetricsModule.forRootAsync({
      imports: [RegistryModule],
      inject: [Registry],
      useFactory: (registry: Registry): RookeryMetricsOptions => ({ registry }),
    }),
  ],
  controllers: [MetricsController],
})
export class MetricsModule {}
