// From a user who is due to the notifications of its devices. What is decided is decided from storage, at that moment:
// who of several nodes, which restart when they like, looks at a user makes no difference.
//
// A registration is claimed before anything is sent to it, and what it was told is stored after that, together with the end
// of the claim. So of nodes that look at a user at once one sends. A node that dies between leaves its claim behind, which
// counts no more once its lease is over: then another sends the same again, under the same ids.
import type { UserId } from '@rookery/protocol'
import type { Device } from '../../model/device.js'
import type { StoredMessage } from '../../model/message.js'
import type { PushRules } from '../../options/push.js'
import type { Presence } from '../../ports/presence.js'
import type { PushRegistration, Storage } from '../../ports/storage.js'
import type { Sessions } from '../delivery/sessions.js'
import type { Surroundings } from '../surroundings.js'
import { deliveredOn, isDelivered, type Pushable, pushableOf } from './decide.js'
import type { Notifier } from './notifier.js'
import type { Due, Wheel } from './wheel.js'

interface Parts extends Surroundings {
  readonly boot: string
  readonly rules: PushRules
  readonly storage: Pick<Storage, 'push' | 'devices' | 'heads' | 'timelines' | 'conversations'>
  readonly presence: Pick<Presence, 'locate' | 'nodes'>
  readonly sessions: Pick<Sessions, 'mend'>
  /** Has the sessions of users compared with their inboxes, on every node. */
  readonly check: (users: readonly UserId[]) => void
  readonly notifier: Notifier
  readonly wheel: Wheel
}

/** Users that storage is asked about at once, and whose messages are read at once. */
const usersAtOnce = 500
const readAtOnce = 16
/** Of a longer inbox only the newest entries are looked at: the notification tells of the newest message. */
const entriesMax = 200
/**
 * A group that is fanned out on read stores no acknowledgements. A user who stays connected for so many rounds counts as
 * told; a phone that sleeps with its socket open is noticed to be gone within a minute.
 */
const roundsOnline = 12

/** What is known of those who are due. */
interface Known {
  readonly devices: readonly Device[]
  readonly head: number
  /** Which of the user's devices are connected, on whatever node. */
  readonly online: ReadonlySet<string>
  /** Nodes that live; null where presence does not say. */
  readonly boots: ReadonlySet<string> | null
}

export class Pushing {
  private readonly running = new Set<Promise<void>>()

  constructor(private readonly parts: Parts) {}

  /** Looks at users, in the background. */
  look(dues: readonly Due[]): void {
    const run = this.lookAll(dues).finally(() => this.running.delete(run))
    this.running.add(run)
  }

  /** Resolves once nobody is being looked at. */
  async settled(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running)
  }

  private async lookAll(dues: readonly Due[]): Promise<void> {
    for (let from = 0; from < dues.length; from += usersAtOnce) {
      const some = dues.slice(from, from + usersAtOnce)
      try {
        await this.lookAt(some)
      } catch (error) {
        this.parts.faults.toError(error, 'push')
        for (const due of some) this.again(due, this.parts.rules.afterMs)
      }
    }
  }

  private async lookAt(dues: readonly Due[]): Promise<void> {
    const { storage } = this.parts
    const registrations = byUser(await storage.push.list(dues.map(({ userId }) => userId)))
    const registered = dues.filter(({ userId }) => registrations.has(userId))
    if (registered.length === 0) return
    const users = registered.map(({ userId }) => userId)
    const [devices, heads, online, boots] = await Promise.all([
      storage.devices.list(users),
      storage.heads.users(users),
      this.online(users),
      this.boots(),
    ])
    const devicesOf = byUser(devices)
    const waiting = registered.map((due, i) => {
      const known = {
        devices: devicesOf.get(due.userId) ?? [],
        head: heads[i]!.seq,
        online: online.get(due.userId) ?? new Set(),
        boots,
      }
      return { due, known, registrations: registrations.get(due.userId)! }
    })
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        await this.one(next.due, next.registrations, next.known)
    }
    await Promise.all(Array.from({ length: readAtOnce }, work))
  }

  private async one(due: Due, registrations: readonly PushRegistration[], known: Known): Promise<void> {
    const { notifier, sessions, check, rules } = this.parts
    const { userId, rounds } = due
    const own = registrations.filter((one) => notifier.has(one.provider))
    const { pushables, to } = await this.pushablesOf(due, own, known)
    const isOnline = known.online.size > 0
    if (isOnline && rounds === 0 && pushables.length > 0) {
      // What was not acknowledged may not have arrived: its sessions pull, here and elsewhere.
      sessions.mend(userId)
      check([userId])
      return this.again({ ...due, rounds: 1 }, rules.afterMs)
    }
    const told = isOnline ? pushables.filter(({ inboxSeq }) => inboxSeq !== null) : pushables
    if (told.length < pushables.length && rounds < roundsOnline)
      this.again({ ...due, rounds: rounds + 1 }, rules.afterMs)
    await Promise.all(own.map((one) => this.tell(due, one, told, to, known)))
  }

  private async tell(
    due: Due,
    registration: PushRegistration,
    pushables: readonly Pushable[],
    to: number,
    { boots, online }: Known,
  ): Promise<void> {
    const { notifier, boot, rules } = this.parts
    const { claim, pushedTo, deviceId } = registration
    const mine = pushables.filter(({ inboxSeq }) => inboxSeq === null || inboxSeq > pushedTo)
    const isHeld = claim !== null && claim !== boot
    const wants = mine.length > 0 || (due.hasRead && registration.pushedIn !== null)
    if (!wants) return claim === boot ? notifier.release(registration) : undefined
    // Another node is sending to it: what that leaves is looked at afterwards.
    if (isHeld && boots?.has(claim) !== false) return this.again(due, rules.afterMs)
    const waitMs = notifier.waitMs(registration)
    if (waitMs > 0) return this.again(due, waitMs)
    const sent =
      mine.length > 0
        ? await notifier.message(registration, mine, to)
        : await notifier.badge(registration, online.has(deviceId))
    if (sent.againMs !== null) this.again(due, sent.againMs)
  }

  private again(due: Due, delayMs: number): void {
    this.parts.wheel.ask(due.userId, delayMs, due)
  }

  /** What the user may be told of, in order, and up to which place of the inbox that is. */
  private async pushablesOf(
    { userId, mentions }: Due,
    registrations: readonly PushRegistration[],
    { devices, head }: Known,
  ): Promise<{ readonly pushables: readonly Pushable[]; readonly to: number }> {
    const { storage, rules } = this.parts
    const found: { message: StoredMessage; inboxSeq: number | null }[] = []
    const from = deliveredOn(Math.min(head, ...registrations.map(({ pushedTo }) => pushedTo)), devices)
    let to = from
    if (from < head && registrations.length > 0) {
      const page = await storage.timelines.inbox(userId, Math.max(from, head - entriesMax), entriesMax)
      to = page.entries.at(-1)?.seq ?? from
      for (const entry of page.entries)
        if (entry.kind === 'message' && entry.message !== null && !isDelivered(entry.seq, devices))
          found.push({ message: entry.message, inboxSeq: entry.seq })
    }
    for (const [conversationId, seq] of mentions ?? []) {
      const page = await storage.timelines.messages(conversationId, {
        after: seq - 1,
        before: seq + 1,
        limit: 1,
        reader: userId,
      })
      for (const message of page.messages) found.push({ message, inboxSeq: null })
    }
    if (found.length === 0) return { pushables: [], to }
    const ids = [...new Set(found.map(({ message }) => message.conversationId))]
    const views = await storage.conversations.views(userId, ids)
    const viewOf = new Map(ids.map((id, i) => [id, views[i] ?? null]))
    const pushables = found.flatMap(
      ({ message, inboxSeq }) =>
        pushableOf(message, inboxSeq, userId, viewOf.get(message.conversationId) ?? null, rules) ?? [],
    )
    return { pushables, to }
  }

  /** The devices of these users that are connected; nobody's where presence does not say: storage knows who acknowledged. */
  private async online(users: readonly UserId[]): Promise<ReadonlyMap<UserId, ReadonlySet<string>>> {
    try {
      const online = new Map<UserId, Set<string>>()
      for (const { userId, deviceId } of await this.parts.presence.locate(users))
        online.set(userId, (online.get(userId) ?? new Set()).add(deviceId))
      return online
    } catch (error) {
      this.parts.logger.error('presence did not tell who is connected; who acknowledged nothing is notified', error, {
        users: users.length,
      })
      return new Map()
    }
  }

  private async boots(): Promise<ReadonlySet<string> | null> {
    const nodes = await this.parts.presence.nodes().catch(() => null)
    return nodes && new Set(nodes.map(({ boot }) => boot))
  }
}

function byUser<Row extends { readonly userId: UserId }>(rows: readonly Row[]): ReadonlyMap<UserId, readonly Row[]> {
  const grouped = new Map<UserId, Row[]>()
  for (const row of rows) {
    const own = grouped.get(row.userId)
    if (own === undefined) grouped.set(row.userId, [row])
    else own.push(row)
  }
  return grouped
}
