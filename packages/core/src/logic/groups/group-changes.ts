// Turns a decided step into a changed group: read the group, decide, commit under the version that was read, deliver.
// If the group changed in between, it decides again.
import { type ConversationId, mayBeTriedAgain, RookeryError, type UserId } from '@rookery/protocol'
import type { RequestDigest } from '../../model/digest.js'
import type { NewMessage } from '../../model/message.js'
import type { Timing } from '../../options/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { Random } from '../../ports/random.js'
import type { GroupOp, Storage } from '../../ports/storage.js'
import { type Authoriser, notFound } from '../access/authorise.js'
import type { Committed } from '../delivery/committed.js'
import { commitOne } from '../storing/commit.js'
import type { Writer } from '../storing/writer.js'
import type { GroupFacts, GroupStep } from './group-steps.js'
import { goesToInboxes, readersOf } from './readers.js'
import { restWhereStale } from './stale.js'

/** The key of a change: under one key a change is made once. */
export interface ChangeKey {
  readonly clientMsgId: string
  readonly digest: RequestDigest
  /** Whether the sender chose the key, and so may send it again. */
  readonly isGiven: boolean
}

/** A requested change of a group. */
export interface GroupOrder {
  readonly groupId: ConversationId
  /** Null for the host. */
  readonly by: UserId | null
  readonly key: ChangeKey
  /** The users whose memberships `decide` needs, besides that of the user who asks. */
  readonly named: readonly UserId[]
  /** Null where nothing is to do. It is called again if the group changed in between. */
  readonly decide: (facts: GroupFacts) => GroupStep | null | Promise<GroupStep | null>
}

interface Parts {
  readonly storage: Pick<Storage, 'groups' | 'keys'>
  readonly authoriser: Authoriser
  readonly writer: Writer
  readonly committed: Committed
  readonly clock: Clock
  readonly random: Random
  readonly timing: Timing
}

export class GroupChanges {
  constructor(private readonly parts: Parts) {}

  /**
   * Makes a group.
   * @returns its id; if the key is known, the id that the first attempt gave
   * @throws RookeryError `CONFLICT`, `UNAVAILABLE`
   */
  async create(groupId: ConversationId, by: UserId | null, key: ChangeKey, step: GroupStep): Promise<ConversationId> {
    const message = this.message(groupId, by, key, step)
    const op = {
      op: 'group',
      message,
      version: null,
      members: readersOf(null, step.change),
      change: step.change,
    } as const
    const made = await this.commit(op, key, this.parts.timing.sendDeadlineMs)
    if (made === 'stale') throw new RookeryError('CONFLICT', 'this group exists already')
    return made
  }

  /**
   * Changes a group, or does nothing where the group is already as asked.
   * @throws RookeryError `NOT_FOUND`, `CONFLICT`, `UNAVAILABLE`; what `decide` throws
   */
  async change(order: GroupOrder): Promise<void> {
    await this.once(order.by, order.key, () => this.attempts(order))
  }

  /**
   * Checks whether a change may be made now. It changes nothing.
   * @throws RookeryError `NOT_FOUND`; what `decide` throws
   */
  async mayBeMade(order: Pick<GroupOrder, 'groupId' | 'by' | 'named' | 'decide'>): Promise<void> {
    const facts = await this.facts(order)
    // If the group is changing at this moment, the change itself decides later.
    if (facts !== 'stale') await order.decide(facts)
  }

  /**
   * Runs a change under a key. If `run` refuses, or finds nothing to do, a result that is stored under the key goes
   * first.
   * @param run answers the group; null where there was nothing to do
   * @returns the group; null where there is nothing to do and nothing was stored under the key
   */
  async once(
    by: UserId | null,
    key: ChangeKey,
    run: () => Promise<ConversationId | null>,
  ): Promise<ConversationId | null> {
    let refusal: RookeryError | null = null
    try {
      const done = await run()
      if (done !== null) return done
    } catch (error) {
      if (!key.isGiven || !(error instanceof RookeryError) || mayBeTriedAgain(error.code)) throw error
      refusal = error
    }
    const stored = key.isGiven ? await this.parts.storage.keys.find(by, key.clientMsgId) : null
    if (stored !== null) return sameOr(stored, key)
    if (refusal !== null) throw refusal
    return null
  }

  private async attempts(order: GroupOrder): Promise<ConversationId | null> {
    const { clock, timing } = this.parts
    const deadlineMs = clock.monotonic() + timing.sendDeadlineMs
    for (let attempt = 1; ; attempt++) {
      const made = await this.attempt(order, deadlineMs)
      if (made !== 'stale') return made
      if (clock.monotonic() >= deadlineMs)
        throw new RookeryError('UNAVAILABLE', 'the group changes all the time', { retryAfterMs: 1000 })
      await restWhereStale(clock, attempt)
    }
  }

  private async attempt(order: GroupOrder, deadlineMs: number): Promise<ConversationId | null | 'stale'> {
    const { authoriser, clock } = this.parts
    const { groupId, by, key, decide } = order
    const facts = await this.facts(order)
    if (facts === 'stale') return 'stale'
    const step = await decide(facts)
    if (step === null) return null

    const { version, fanOut } = facts.group
    const known = goesToInboxes(fanOut, step.change)
      ? await authoriser.rosters.at(groupId, version)
      : { fanOut, userIds: [] }
    if (known === null) return 'stale'
    const message = this.message(groupId, by, key, step)
    const op = { op: 'group', message, version, members: readersOf(known, step.change), change: step.change } as const
    return this.commit(op, key, Math.max(1, deadlineMs - clock.monotonic()))
  }

  /** The group and the membership of the user who asks; `stale` if the group changed between the two reads. */
  private async facts({
    groupId,
    by,
    named,
  }: Pick<GroupOrder, 'groupId' | 'by' | 'named'>): Promise<GroupFacts | 'stale'> {
    const { storage, clock } = this.parts
    const asked = by === null ? named : [by, ...named]
    const [group, found] = await Promise.all([
      storage.groups.group(groupId),
      storage.groups.memberships(groupId, asked),
    ])
    if (group === null || found === null) throw notFound()
    const members = new Map(
      found.memberships.flatMap((one) => (one === null || one.to !== null ? [] : [[one.userId, one]])),
    )
    const role = by === null ? null : members.get(by)?.role
    if (role === undefined) throw notFound()
    return group.version === found.version ? { group, role, named: members, now: clock.now() } : 'stale'
  }

  private message(groupId: ConversationId, by: UserId | null, key: ChangeKey, { event }: GroupStep): NewMessage {
    const { random, clock } = this.parts
    const { event: name, ...rest } = event
    return {
      msgId: random.id(),
      clientMsgId: key.clientMsgId,
      conversationId: groupId,
      kind: 'c2g',
      from: by,
      to: null,
      subject: '',
      type: 'im.group',
      content: JSON.stringify({ event: name, by, ...rest }),
      ext: null,
      replyTo: null,
      silent: false,
      mentions: null,
      viaServer: by === null,
      countable: false,
      clientTime: null,
      serverTime: clock.now(),
      digest: key.digest.text,
    }
  }

  private commit(op: GroupOp, key: ChangeKey, deadlineMs: number): Promise<ConversationId | 'stale'> {
    const { writer, clock, committed, authoriser } = this.parts
    const { conversationId, msgId } = op.message
    return commitOne(writer, clock, deadlineMs, op, (result) => {
      switch (result.status) {
        case 'stale':
          return 'stale'
        case 'duplicate':
          // The same message id: an earlier run of this same commit was stored after all, and no session has got the
          // message live yet.
          if (result.msgId === msgId) committed(op, result)
          return sameOr(result, key)
        case 'stored':
          authoriser.rosters.forget(conversationId, result.version - 1)
          committed(op, result)
          return conversationId
      }
    })
  }
}

/** The group of the first attempt, if this request repeats it. */
function sameOr(stored: { digest: string; conversationId: ConversationId }, { digest }: ChangeKey): ConversationId {
  if (digest.matches(stored.digest)) return stored.conversationId
  throw new RookeryError('CONFLICT', 'this clientMsgId was used for another request')
}
