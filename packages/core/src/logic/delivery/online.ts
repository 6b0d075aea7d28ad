// Who of one's peers is online, once or from now on, and who is typing. Transient: nothing here is stored.
import {
  type JsonText,
  type NodeId,
  type RequestOf,
  RookeryError,
  type UserId,
  type UserPresence,
} from '@rookery/protocol'
import type { Device } from '../../model/device.js'
import { typingJson } from '../../model/events.js'
import type { Limits, Timing } from '../../options/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { ContactPolicy } from '../../ports/host.js'
import type { Logger } from '../../ports/logger.js'
import type { Presence, SlotHolder } from '../../ports/presence.js'
import type { Storage } from '../../ports/storage.js'
import { type Authoriser, peerOf } from '../access/authorise.js'
import { audienceOf } from '../groups/audience.js'
import { within } from '../host/deadlines.js'
import type { FanOut } from './fan-out.js'

interface Parts {
  readonly nodeId: NodeId
  readonly storage: Pick<Storage, 'members' | 'devices'>
  readonly presence: Presence
  readonly authoriser: Authoriser
  readonly fanOut: FanOut
  readonly contacts: ContactPolicy | null
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: Limits
  readonly timing: Timing
}

/** What the host is told of a user. */
export interface HostPresence extends UserPresence {
  /**
   * When a client of the user last logged in or made a request, Unix ms, as its node last told presence: at most a
   * heartbeat ago. Absent while the user is offline.
   */
  readonly heardAt?: number
}

/** Users that storage and the contact policy are asked about at once. */
const askedAtOnce = 200

export class Online {
  constructor(private readonly parts: Parts) {}

  /**
   * Tells the others in a conversation that somebody types; in a group that is fanned out on read nobody. It is large: there
   * somebody always types, and every hint would go to everybody.
   * @throws RookeryError `NOT_FOUND`; `FORBIDDEN` where the contact policy would refuse a message
   */
  async typing(userId: UserId, { conversationId }: RequestOf<'typing'>): Promise<JsonText> {
    const { authoriser, contacts } = this.parts
    const { kind, users, members } = await audienceOf(authoriser, userId, conversationId)
    if (kind === 'c2c' && contacts?.mayWrite !== undefined) {
      const peer = peerOf(users, userId)
      if (!(await this.policy(async () => contacts.mayWrite!(userId, peer))))
        throw new RookeryError('FORBIDDEN', 'this user takes no messages from you')
    }
    const others = members.filter((user) => user !== userId)
    this.parts.fanOut.hint(others, 'typing', typingJson({ conversationId, userId }))
    return '{}'
  }

  /** Those of `userIds` whose presence the user may see: oneself, with whom one shares a conversation, whom policy shows. */
  async visible(userId: UserId, userIds: readonly UserId[]): Promise<readonly UserId[]> {
    const { limits } = this.parts
    if (userIds.length > limits.list) throw new RookeryError('TOO_LARGE', `a list may have ${limits.list} items`)
    const asked = [...new Set(userIds)]
    const seen = new Set(await this.sharing(userId, asked))
    const { contacts } = this.parts
    if (contacts?.maySeePresence !== undefined) {
      const rest = asked.filter((id) => !seen.has(id))
      const answers = await Promise.all(rest.map((id) => this.policy(async () => contacts.maySeePresence!(userId, id))))
      rest.forEach((id, i) => answers[i] === true && seen.add(id))
    }
    return asked.filter((id) => seen.has(id))
  }

  /** Those of `others` who share a conversation with a user now, or are that user. */
  async sharing(userId: UserId, others: readonly UserId[]): Promise<readonly UserId[]> {
    const sharing: UserId[] = others.includes(userId) ? [userId] : []
    for (let from = 0; from < others.length; from += askedAtOnce)
      sharing.push(...(await this.parts.storage.members.sharing(userId, others.slice(from, from + askedAtOnce))))
    return sharing
  }

  /** Those of `watchers` whom the contact policy lets see a user now; whom it does not answer about is not. */
  async shownByPolicy(userId: UserId, watchers: readonly UserId[]): Promise<readonly UserId[]> {
    const { contacts, logger } = this.parts
    if (contacts?.maySeePresence === undefined) return []
    const shown: UserId[] = []
    for (let from = 0; from < watchers.length; from += askedAtOnce) {
      const asked = watchers.slice(from, from + askedAtOnce)
      const answers = await Promise.allSettled(
        asked.map((watcher) => this.policy(async () => contacts.maySeePresence!(watcher, userId))),
      )
      answers.forEach((answer, i) => {
        if (answer.status === 'fulfilled' && answer.value) shown.push(asked[i]!)
      })
      const failed = answers.filter((answer) => answer.status === 'rejected')
      if (failed.length > 0)
        logger.error('the contact policy did not say who may see a user; they are not told', failed[0]!.reason, {
          user: userId,
          watchers: failed.length,
        })
    }
    return shown
  }

  private policy(ask: () => Promise<boolean>): Promise<boolean> {
    return within(this.parts.clock, this.parts.timing.handlerDeadlineMs, 'the contact policy', ask())
  }

  /** The answer to `presence`: everybody asked for, the invisible as offline; and who of the visible is online. */
  async snapshot(
    userIds: readonly UserId[],
    visible: readonly UserId[],
  ): Promise<{ readonly users: readonly UserPresence[]; readonly online: ReadonlyMap<UserId, readonly string[]> }> {
    const { users, online } = await this.known(userIds, visible)
    return { users, online }
  }

  /** The answer for the host: everybody is visible, and it is told when each was last heard of. */
  async forHost(userIds: readonly UserId[]): Promise<readonly HostPresence[]> {
    const { users, holders } = await this.known(userIds, userIds)
    const heard = new Map<UserId, number>()
    for (const { userId, heardAt } of holders) heard.set(userId, Math.max(heard.get(userId) ?? 0, heardAt))
    return users.map((user) => (user.online ? { ...user, heardAt: heard.get(user.userId)! } : user))
  }

  private async known(userIds: readonly UserId[], visible: readonly UserId[]) {
    const [holders, devices] = await Promise.all([
      this.parts.presence.locate(visible),
      this.parts.storage.devices.list(visible),
    ])
    const online = devicesByUser(holders)
    const seen = lastSeen(devices)
    const users = [...new Set(userIds)].map((userId): UserPresence => {
      const types = online.get(userId) ?? []
      const at = types.length === 0 ? seen.get(userId) : undefined
      return { userId, online: types.length > 0, devices: types, ...(at === undefined ? {} : { lastSeen: at }) }
    })
    return { users, online, holders }
  }

  /** The device types of each user that is online. */
  async locate(userIds: readonly UserId[]): Promise<ReadonlyMap<UserId, readonly string[]>> {
    return devicesByUser(await this.parts.presence.locate(userIds))
  }
}

function devicesByUser(holders: readonly SlotHolder[]): Map<UserId, string[]> {
  const types = new Map<UserId, string[]>()
  for (const { userId, deviceType } of holders) {
    const list = types.get(userId)
    if (list === undefined) types.set(userId, [deviceType])
    else if (!list.includes(deviceType)) list.push(deviceType)
  }
  for (const list of types.values()) list.sort()
  return types
}

function lastSeen(devices: readonly Device[]): Map<UserId, number> {
  const seen = new Map<UserId, number>()
  for (const { userId, seenAt } of devices)
    if (seenAt !== null) seen.set(userId, Math.max(seen.get(userId) ?? 0, seenAt))
  return seen
}
