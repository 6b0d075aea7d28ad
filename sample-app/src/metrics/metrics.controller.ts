import { Controller, Get, Header } from '@nestjs/common'
import { Registry } from 'prom-client'

@Controller('metrics')
export class MetricsController {
  constructor(private readonly registry: Registry) {}

  /** In Prometheus' text format. */
  @Get()
  @Header('content-type', Registry.PROMETHEUS_CONTENT_TYPE)
  metrics(): Promise<string> {
    return this.registry.metrics()
  }
}
