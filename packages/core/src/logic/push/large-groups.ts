// Messages of groups that are fanned out on read stand in nobody's inbox: those of whom users are told wait here, one entry
// for each group in which everybody is meant, until its members are looked through; a mention goes to the wheel at once.
import type { ConversationId, Seq, UserId } from '@rookery/protocol'
import type { PushRules } from '../../options/push.js'
import type { Clock, Timer } from '../../ports/clock.js'
import type { GroupReads, PushReads } from '../../ports/storage.js'
import type { ReadableOp, StoredAs, Taker } from '../delivery/committed.js'
import type { Faults } from '../host/faults.js'
import type { Wheel } from './wheel.js'

interface Parts {
  readonly rules: Pick<PushRules, 'afterMs' | 'largeGroups' | 'sweepPauseMs'>
  readonly storage: { readonly groups: Pick<GroupReads, 'members'>; readonly push: Pick<PushReads, 'list'> }
  readonly wheel: Wheel
  readonly clock: Clock
  readonly faults: Faults
}

const membersAtOnce = 500

interface Waiting {
  /** The newest message for everybody. */
  seq: Seq
  /** Who said it. */
  from: UserId | null
}

/** Takes what was stored, and has users looked at who may have to be told. */
export class LargeGroups implements Taker {
  private readonly groups = new Map<ConversationId, Waiting>()
  private timer: Timer | null = null
  private isStopped = false
  private running: Promise<void> | null = null

  constructor(private readonly parts: Parts) {}

  committed(op: ReadableOp, result: StoredAs<ReadableOp>): void {
    if (op.op === 'read') return this.read(op.userId, (result as StoredAs<typeof op>).inboxSeq)
    if (op.op !== 'append' || op.members.length > 0) return
    const { message } = op
    const { status, seq } = result as StoredAs<typeof op>
    if (message.kind !== 'c2g' || !message.countable || status !== 'stored') return
    const mentions = message.mentions ?? []
    if (this.parts.rules.largeGroups === 'all' || mentions.includes('@all'))
      return this.everybody(message.conversationId, seq, message.from)
    for (const userId of mentions) if (userId !== message.from) this.mention(userId, message.conversationId, seq)
  }

  async stop(): Promise<void> {
    this.isStopped = true
    if (this.timer !== null) this.parts.clock.clearTimeout(this.timer)
    await this.running
  }

  private read(userId: UserId, inboxSeq: Seq | null): void {
    if (inboxSeq !== null) this.parts.wheel.ask(userId, this.parts.rules.afterMs, { hasRead: true })
  }

  private mention(userId: UserId, conversationId: ConversationId, seq: Seq): void {
    this.parts.wheel.ask(userId, this.parts.rules.afterMs, { mentions: new Map([[conversationId, seq]]) })
  }

  private everybody(conversationId: ConversationId, seq: Seq, from: UserId | null): void {
    this.groups.set(conversationId, { seq, from })
    this.schedule()
  }

  private schedule(): void {
    if (this.isStopped) return
    this.timer ??= this.parts.clock.setTimeout(() => {
      this.running = this.look().finally(() => {
        this.timer = null
        if (this.groups.size > 0) this.schedule()
      })
    }, this.parts.rules.afterMs)
  }

  private async look(): Promise<void> {
    const groups = [...this.groups]
    this.groups.clear()
    for (const [conversationId, { seq, from }] of groups)
      try {
        await this.lookAt(conversationId, seq, from)
      } catch (error) {
        this.parts.faults.toError(error, 'push of a group')
        if (!this.groups.has(conversationId)) this.groups.set(conversationId, { seq, from })
      }
  }

  private async lookAt(conversationId: ConversationId, seq: Seq, from: UserId | null): Promise<void> {
    const { storage, wheel } = this.parts
    for (let after: UserId | null = null; !this.isStopped;) {
      const { members, more } = await storage.groups.members(conversationId, after, membersAtOnce)
      const userIds: UserId[] = members.map(({ userId }) => userId).filter((userId) => userId !== from)
      const registered = new Set((await storage.push.list(userIds)).map(({ userId }) => userId))
      for (const userId of registered) wheel.ask(userId, 0, { mentions: new Map([[conversationId, seq]]) })
      if (!more) return
      after = members.at(-1)!.userId
    }
  }
}
