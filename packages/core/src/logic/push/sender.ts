// The way to one provider: what waits for it, in batches, some at once, each with a deadline; and when to leave it alone.
import type { PushRules } from '../../options/push.js'
import type { Clock } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import type { Observer } from '../../ports/observer.js'
import type { PushOutcome, PushProvider, PushRequest } from '../../ports/push.js'
import { within } from '../host/deadlines.js'
import { Breaker, DeadShare } from './breaker.js'

interface Waiting {
  readonly request: PushRequest
  readonly settle: (outcome: PushOutcome) => void
}

interface Parts {
  readonly rules: PushRules
  readonly clock: Clock
  readonly logger: Logger
  readonly observer: Observer | null
}

const batchOf = 100
/** What is refused because too much waits comes again after this time. */
const fullMs = 5000

export class Sender {
  readonly deadShare = new DeadShare()
  private readonly breaker: Breaker
  private queue: Waiting[] = []
  private active = 0
  private idle: (() => void)[] = []

  constructor(
    readonly provider: PushProvider,
    private readonly parts: Parts,
  ) {
    this.breaker = new Breaker(parts.rules)
  }

  /** Notifications that wait, or are under way. */
  get waiting(): number {
    return this.queue.length + this.active
  }

  /** Why not all is well with it; null where it is. */
  get trouble(): string | null {
    if (this.breaker.isOpen) return 'the provider fails, and is left alone for a while'
    return this.deadShare.isAlarming ? 'it says of too many tokens that they are gone; they are kept' : null
  }

  /** Never rejects. */
  send(request: PushRequest): Promise<PushOutcome> {
    if (this.queue.length >= this.parts.rules.queue)
      return Promise.resolve({ status: 'retry', afterMs: fullMs, reason: 'queue-full' })
    return new Promise((settle) => {
      this.queue.push({ request, settle })
      // What comes in this turn goes together.
      queueMicrotask(() => this.pump())
    })
  }

  /** Resolves once nothing is under way; what waits is not sent any more. */
  async stop(): Promise<void> {
    for (const { settle } of this.queue.splice(0)) settle({ status: 'retry', reason: 'stopping' })
    if (this.active > 0) await new Promise<void>((resolve) => this.idle.push(resolve))
    await this.provider.stop?.()
  }

  private pump(): void {
    const { rules, clock } = this.parts
    while (this.queue.length > 0 && this.active < rules.concurrency) {
      const waitMs = this.breaker.waitMs(clock.monotonic())
      if (waitMs > 0) {
        for (const { settle } of this.queue.splice(0)) settle({ status: 'retry', afterMs: waitMs, reason: 'breaker' })
        return
      }
      void this.run(this.queue.splice(0, this.provider.batch ?? batchOf))
    }
  }

  private async run(batch: readonly Waiting[]): Promise<void> {
    const { rules, clock, logger, observer } = this.parts
    const { name } = this.provider
    this.active += 1
    let outcomes: readonly PushOutcome[] = []
    try {
      const send = (): Promise<readonly PushOutcome[]> =>
        within(clock, rules.deadlineMs, `the push provider ${name}`, this.call(batch))
      outcomes = await (observer?.push?.batch === undefined
        ? send()
        : observer.push.batch({ provider: name, size: batch.length }, send))
    } catch (error) {
      // Its message may quote a token.
      logger.warn('a push provider did not take a batch; it is tried again', { provider: name, error: nameOf(error) })
      outcomes = batch.map(() => ({ status: 'retry', reason: 'failed' }))
    }
    const isGood = outcomes.some(({ status }) => status !== 'retry')
    if (this.breaker.done(isGood, clock.monotonic()))
      logger.warn('a push provider fails again and again; it is left alone for a while', { provider: name })
    batch.forEach(({ settle }, i) => settle(outcomes[i] ?? { status: 'retry', reason: 'no-answer' }))
    this.active -= 1
    if (this.active === 0) for (const resolve of this.idle.splice(0)) resolve()
    this.pump()
  }

  /** A throw is a rejection. */
  private async call(batch: readonly Waiting[]): Promise<readonly PushOutcome[]> {
    return this.provider.send(batch.map(({ request }) => request))
  }
}

const nameOf = (error: unknown): string =>
  error instanceof Error ? (((error as { code?: unknown }).code as string | undefined) ?? error.name) : typeof error
