// From the outbox to timelines: woken by commits, and by a sweep that finds what a crash left.
// Moving a row is idempotent by its id, and forgetting it comes after: a row is moved again rather than lost.
import type { ConversationId, JsonText, MessageId, UserId } from '../model/ids.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Observer } from '../ports/observer.js'
import type { Outbox, OutboxRow } from '../ports/outbox.js'
import { c2cId } from '../protocol/digest.js'
import { mayBeTriedAgain, RookeryError } from '../protocol/errors.js'
import type { Timing } from '../protocol/limits.js'
import type { RequestOf } from '../protocol/requests.js'
import type { Changes } from './changes.js'
import { baseOfRow, type CheckedGroup, type ImGroups } from './im-groups.js'
import { asSession, incomingC2C, incomingC2G } from './incoming.js'
import type { Pushes } from './pushes.js'
import type { Send } from './send.js'

/** What a row asks for. */
export type OutboxRequest =
  | ({ readonly kind: 'c2c'; readonly request: RequestOf<'c2c'> } & OnBehalf)
  | ({ readonly kind: 'c2g'; readonly request: RequestOf<'c2g'> } & OnBehalf)
  | { readonly kind: 'recall'; readonly request: RequestOf<'recall'> }
  | { readonly kind: 'edit'; readonly request: RequestOf<'edit'> }
  | { readonly kind: 'group.create'; readonly groupId: ConversationId; readonly group: CheckedGroup }
  | {
      readonly kind: 'group.add' | 'group.remove'
      readonly groupId: ConversationId
      readonly userIds: readonly UserId[]
    }
  | { readonly kind: 'group.changed'; readonly groupId: ConversationId }
  | { readonly kind: 'custom'; readonly userId: UserId; readonly topic: string; readonly payload: JsonText }

interface OnBehalf {
  readonly from: UserId
  readonly checked: boolean
  /** The key was made up for it. Rows of earlier versions do not say so. */
  readonly hasNewKey?: boolean
}

type Outcome = 'moved' | 'retried' | 'parked'

/** Rows read at once. */
const batchMax = 200

interface Parts {
  readonly outbox: Outbox
  readonly send: Send
  readonly changes: Changes
  readonly pushes: Pushes
  readonly groups: ImGroups
  readonly clock: Clock
  readonly logger: Logger
  readonly timing: Timing
  readonly observer: Observer | null
}

export class OutboxMover {
  private timer: Timer | null = null
  private moving: Promise<void> | null = null
  private isWoken = false
  private isStopped = true

  constructor(private readonly parts: Parts) {}

  async start(): Promise<void> {
    await this.parts.outbox.start()
    this.isStopped = false
    this.parts.outbox.onCommitted(() => this.wake())
    this.wake()
  }

  async stop(): Promise<void> {
    this.isStopped = true
    if (this.timer !== null) this.parts.clock.clearTimeout(this.timer)
    this.timer = null
    await this.moving
    await this.parts.outbox.stop()
  }

  current(): unknown {
    return this.parts.outbox.current()
  }

  /** Writes a row in the host's transaction. */
  put(tx: unknown, id: MessageId, request: OutboxRequest): Promise<void> {
    return this.parts.outbox.put(tx, [{ id, request: JSON.stringify(request) }])
  }

  /** Moves what is committed, now and in its order; calls meanwhile cause one more round. */
  private wake(): void {
    if (this.isStopped) return
    this.isWoken = true
    this.moving ??= this.rounds().finally(() => {
      this.moving = null
      // A commit may have come between the last look and this turn.
      if (this.isWoken) this.wake()
      else this.sweepLater()
    })
  }

  private sweepLater(): void {
    if (this.isStopped) return
    if (this.timer !== null) this.parts.clock.clearTimeout(this.timer)
    this.timer = this.parts.clock.setTimeout(() => {
      this.timer = null
      this.wake()
    }, this.parts.timing.outboxSweepMs)
  }

  private async rounds(): Promise<void> {
    try {
      while (this.isWoken && !this.isStopped) {
        this.isWoken = false
        const rows = await this.parts.outbox.read(batchMax)
        const isDone = await this.moveAll(rows)
        await this.parts.outbox.remove(rows.filter((_, i) => isDone[i]).map(({ id }) => id))
        // A full batch that went through may have more behind it.
        if (rows.length === batchMax && isDone.some((done) => done)) this.isWoken = true
      }
    } catch (error) {
      this.parts.logger.error('the outbox could not be read; the next sweep tries again', error)
    }
  }

  /** Numbers the rows in their order, and waits for all of them together. */
  private async moveAll(rows: readonly OutboxRow[]): Promise<readonly boolean[]> {
    const outcomes: Promise<Outcome>[] = []
    // In one conversation: a change waits for what comes before it, what is said waits for a change before it, and all stays
    // behind what has to be tried again.
    const byConversation = new Map<ConversationId, Line>()
    for (const row of rows) {
      const request = JSON.parse(row.request) as OutboxRequest
      const id = conversationOf(request)
      const line = id === null ? null : (byConversation.get(id) ?? { outcomes: [], isBlocked: false })
      if (line !== null) byConversation.set(id!, line)
      if (line !== null && isChange(request)) await block(line)
      if (line?.isBlocked === true) {
        outcomes.push(Promise.resolve('retried'))
        continue
      }
      const { left, finished } = this.begin(row.id, request)
      const outcome = this.outcome(row, finished)
      outcomes.push(outcome)
      line?.outcomes.push(outcome)
      await left
      if (line !== null && isChange(request)) await block(line)
    }
    const done = outcomes.map(async (outcome) => (await outcome) === 'moved')
    return Promise.all(done)
  }

  private begin(
    id: MessageId,
    row: OutboxRequest,
  ): { readonly left?: Promise<void>; readonly finished: Promise<unknown> } {
    const { pushes, groups, send, changes } = this.parts
    switch (row.kind) {
      case 'custom':
        return { finished: pushes.stored(row.userId, row.topic, row.payload, id) }
      case 'recall':
        return { finished: changes.recall(null, row.request) }
      case 'edit':
        return { finished: changes.edit(null, row.request) }
      case 'group.create':
        return { finished: groups.make(row.groupId, row.group, baseOfRow(id)) }
      case 'group.add':
        return { finished: groups.addAll(row.groupId, row.userIds, baseOfRow(id)) }
      case 'group.remove':
        return { finished: groups.removeAll(row.groupId, row.userIds, baseOfRow(id)) }
      case 'group.changed':
        return { finished: groups.settle(row.groupId, baseOfRow(id)) }
      case 'c2c':
      case 'c2g': {
        const incoming =
          row.kind === 'c2c' ? incomingC2C(row.from, row.request, true) : incomingC2G(row.from, row.request, true)
        const { left, sent } = send.host(incoming, row.checked ? asSession(row.from) : null, {
          msgId: id,
          hasNewKey: row.hasNewKey === true,
        })
        return { left, finished: sent }
      }
    }
  }

  /** What became of a row: one that may be tried again stays, one that cannot be moved is parked. */
  private async outcome({ id }: OutboxRow, finished: Promise<unknown>): Promise<Outcome> {
    try {
      await finished
      this.parts.observer?.outboxRow?.('moved')
      return 'moved'
    } catch (error) {
      if (!(error instanceof RookeryError) || mayBeTriedAgain(error.code)) {
        this.parts.logger.error('a row of the outbox was not moved; the next sweep tries again', error, { id })
        this.parts.observer?.outboxRow?.('retried')
        return 'retried'
      }
      this.parts.logger.error('a row of the outbox cannot be moved and is kept aside', error, { id, code: error.code })
      this.parts.observer?.outboxRow?.('parked')
      await this.parts.outbox.park(id, `${error.code}: ${error.message}`)
      return 'parked'
    }
  }
}

/** What was begun in a conversation, and whether what follows there has to wait. */
interface Line {
  readonly outcomes: Promise<Outcome>[]
  isBlocked: boolean
}

/** Waits for what was begun in a conversation; what comes behind something that has to be tried again stays there. */
async function block(line: Line): Promise<void> {
  if ((await Promise.all(line.outcomes)).includes('retried')) line.isBlocked = true
}

/** A change of a group, or of what was said. */
const isChange = ({ kind }: OutboxRequest): boolean => kind.startsWith('group.') || kind === 'recall' || kind === 'edit'

function conversationOf(row: OutboxRequest): ConversationId | null {
  switch (row.kind) {
    case 'custom':
      return null
    case 'c2c':
      return c2cId(row.from, row.request.to, row.request.subject ?? '')
    case 'c2g':
      return row.request.to
    case 'recall':
    case 'edit':
      return row.request.conversationId
    default:
      return row.groupId
  }
}
