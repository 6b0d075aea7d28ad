// Whether this process can serve, for load balancers and whoever watches.
import { Controller, Get, ServiceUnavailableException } from '@nestjs/common'
import { ImService } from '@rookery/nest-adapter'
import { DataSource } from 'typeorm'

interface Part {
  readonly ok: boolean
  readonly reason?: string
}

@Controller('health')
export class HealthController {
  constructor(
    private readonly im: ImService,
    private readonly database: DataSource,
  ) {}

  /** 200 when it can serve, 503 when not, with the reason for each part. */
  @Get()
  async health(): Promise<{ ok: boolean; parts: Record<string, Part> }> {
    const [chat, database] = await Promise.all([this.im.health(), this.askDatabase()])
    const report = { ok: chat.ok && database.ok, parts: { database, ...chat.parts } }
    if (!report.ok) throw new ServiceUnavailableException(report)
    return report
  }

  private async askDatabase(): Promise<Part> {
    try {
      await this.database.query('SELECT 1')
      return { ok: true }
    } catch {
      return { ok: false, reason: 'the database does not answer' }
    }
  }
}
