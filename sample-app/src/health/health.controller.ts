// Whether this process can serve, for load balancers and monitoring.
import { Controller, Get } from '@nestjs/common'
import { HealthCheck, type HealthCheckResult, HealthCheckService, TypeOrmHealthIndicator } from '@nestjs/terminus'
import { RookeryHealthIndicator } from '@rookery/nest-adapter'

@Controller('health')
export class HealthController {
  constructor(
    private readonly checks: HealthCheckService,
    private readonly database: TypeOrmHealthIndicator,
    private readonly chat: RookeryHealthIndicator,
  ) {}

  /** 200 if it can serve, 503 if not, with the reason for each part. */
  @Get()
  @HealthCheck()
  health(): Promise<HealthCheckResult> {
    return this.checks.check([() => this.database.pingCheck('database'), () => this.chat.isHealthy('chat')])
  }
}
