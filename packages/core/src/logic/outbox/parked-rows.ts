// Parked rows: rows of the outbox that could not be moved. They stay, each with its reason, until the host retries or
// drops them.
import { type MessageId, RookeryError } from '@rookery/protocol'
import type { Limits, Timing } from '../../options/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import type { Outbox, ParkedPage } from '../../ports/outbox.js'

export interface ParkedRequest {
  /** `next` of the previous page. Default: the first page. */
  readonly after?: string
  /** Default and maximum: `limits.list`. */
  readonly limit?: number
}

type Which = readonly MessageId[] | 'all'

interface Parts {
  readonly outbox: Outbox
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: Limits
  readonly timing: Timing
}

/** How many characters of a reason are kept. */
const reasonMax = 1000

export class ParkedRows {
  /** How many rows were parked at the last count. */
  known = 0
  private countedAtMs = 0
  private returned: () => void = () => {}

  constructor(private readonly parts: Parts) {}

  /** Sets a callback that runs when parked rows should be tried again. */
  onReturned(returned: () => void): void {
    this.returned = returned
  }

  async park(id: MessageId, reason: string): Promise<void> {
    await this.parts.outbox.park(id, printable(reason))
    this.known += 1
  }

  /** A page of parked rows, in the order in which they were written. */
  async list({ after, limit = this.parts.limits.list }: ParkedRequest = {}): Promise<ParkedPage> {
    const { limits, outbox } = this.parts
    if (!Number.isSafeInteger(limit) || limit < 1)
      throw new RookeryError('BAD_REQUEST', 'limit: must be a whole number from 1')
    if (after !== undefined && !/^\d{1,18}$/.test(after))
      throw new RookeryError('BAD_REQUEST', 'after: must be what the page before gave as next')
    return outbox.parked.list({ after: after ?? null, limit: Math.min(limit, limits.list) })
  }

  /** Tries rows again. The rows behind them in their lines were moved in the meantime. Answers how many were parked. */
  async retry(which: Which): Promise<number> {
    const count = await this.inParts(which, (part) => this.parts.outbox.parked.unpark(part))
    this.returned()
    return count
  }

  /** Removes rows for good. Answers how many were parked. */
  drop(which: Which): Promise<number> {
    return this.inParts(which, (part) => this.parts.outbox.parked.drop(part))
  }

  async count(): Promise<number> {
    this.countedAtMs = this.parts.clock.monotonic()
    return (this.known = await this.parts.outbox.parked.count())
  }

  /** Counts if the last count is at least a heartbeat ago. Never rejects. */
  async countSometimes(): Promise<void> {
    const { clock, logger, timing } = this.parts
    if (clock.monotonic() - this.countedAtMs < timing.heartbeatMs) return
    await this.count().catch((error: unknown) => logger.error('parked rows of the outbox could not be counted', error))
  }

  private async inParts(
    which: Which,
    run: (part: readonly MessageId[]) => Promise<readonly MessageId[]>,
  ): Promise<number> {
    let count = 0
    for await (const part of which === 'all' ? this.all() : partsOf(which, this.parts.limits.list)) {
      const { length } = await run(part)
      count += length
    }
    this.known = Math.max(0, this.known - count)
    return count
  }

  /** All rows that are parked now, page by page. A row that is parked again during the loop does not come twice. */
  private async *all(): AsyncGenerator<readonly MessageId[], void, undefined> {
    for (let after: string | null = null; ;) {
      const page: ParkedPage = await this.parts.outbox.parked.list({ after, limit: this.parts.limits.list })
      if (page.rows.length > 0) yield page.rows.map(({ id }) => id)
      if (page.next === null) return
      after = page.next
    }
  }
}

/** Replaces characters that some databases refuse. */
const printable = (reason: string): string => reason.slice(0, reasonMax).replaceAll(/[\p{Cc}\p{Cs}]/gu, ' ')

/** @throws RookeryError `BAD_REQUEST` */
function partsOf(ids: readonly MessageId[], size: number): readonly (readonly MessageId[])[] {
  if (!Array.isArray(ids) || ids.some((id) => typeof id !== 'string' || !/^[!-~]{1,64}$/.test(id)))
    throw new RookeryError('BAD_REQUEST', "ids: must be 'all', or the ids of parked rows")
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, i) => ids.slice(i * size, (i + 1) * size))
}
