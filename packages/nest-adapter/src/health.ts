// Tells whether chat can serve, in the form that @nestjs/terminus expects.
import { Injectable } from '@nestjs/common'
import { ImService } from './im.service.js'

/** One line of a health report. */
export interface RookeryHealth {
  readonly status: 'up' | 'down'
  /** Each part of the node, with the reason if it is not well. */
  readonly parts: Readonly<Record<string, { readonly ok: boolean; readonly reason?: string }>>
}

/**
 * A health indicator for `HealthCheckService` of @nestjs/terminus. List it among your providers. Chat itself does not
 * need @nestjs/terminus.
 * @example `health.check([() => rookery.isHealthy()])`
 */
@Injectable()
export class RookeryHealthIndicator {
  constructor(private readonly im: ImService) {}

  /** Reports `up` while this node can serve. It never rejects: a part that fails appears with its reason. */
  async isHealthy<const Key extends string = 'rookery'>(
    key: Key = 'rookery' as Key,
  ): Promise<Record<Key, RookeryHealth>> {
    const { ok, parts } = await this.im.health()
    return { [key]: { status: ok ? 'up' : 'down', parts } } as Record<Key, RookeryHealth>
  }
}
