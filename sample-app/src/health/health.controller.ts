// Whether this process can serve, for load balancers and whoever watches.
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

  /** 200 when it can serve, 503 when not, with the reason for each part. */
  @Get()
  @HealthCheck()
  health(): Promise<HealthCheckResult> {
    return this.checks.check([() => this.database.pingCheck('database'), () => this.chat.isHealthy('chat')])
  }
}
