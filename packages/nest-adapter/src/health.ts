// Whether chat can serve, in the form that @nestjs/terminus asks for.
import { Injectable } from '@nestjs/common'
import { ImService } from './im.service.js'

/** One line of a health report. */
export interface RookeryHealth {
  readonly status: 'up' | 'down'
  /** Each part of the node, with the reason where it does not do well. */
  readonly parts: Readonly<Record<string, { readonly ok: boolean; readonly reason?: string }>>
}

/**
 * For `HealthCheckService` of @nestjs/terminus, which need not be there for anything else: list it among the providers.
 * @example `health.check([() => rookery.isHealthy()])`
 */
@Injectable()
export class RookeryHealthIndicator {
  constructor(private readonly im: ImService) {}

  /** `up` while this node can serve. Never rejects: a part that fails is told with its reason. */
  async isHealthy<const Key extends string = 'rookery'>(
    key: Key = 'rookery' as Key,
  ): Promise<Record<Key, RookeryHealth>> {
    const { ok, parts } = await this.im.health()
    return { [key]: { status: ok ? 'up' : 'down', parts } } as Record<Key, RookeryHealth>
  }
}
