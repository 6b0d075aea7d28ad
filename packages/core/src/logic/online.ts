// Who of one's peers is online, once or from now on, and who is typing. Transient: nothing here is stored.
import type { JsonText, NodeId, UserId } from '../model/ids.js'
import type { Device } from '../model/device.js'
import type { ContactPolicy } from '../ports/host.js'
import type { Presence, SlotHolder } from '../ports/presence.js'
import type { Storage } from '../ports/storage.js'
import { RookeryError } from '../protocol/errors.js'
import type { Limits } from '../protocol/limits.js'
import type { UserPresence } from '../protocol/shapes.js'
import type { RequestOf } from '../protocol/requests.js'
import { audienceOf } from './audience.js'
import type { Authoriser } from './authorise.js'
import type { FanOut } from './fan-out.js'

interface Parts {
  readonly nodeId: NodeId
  readonly storage: Pick<Storage, 'members' | 'devices'>
  readonly presence: Presence
  readonly authoriser: Authoriser
  readonly fanOut: FanOut
  readonly contacts: ContactPolicy | null
  readonly limits: Limits
}

export class Online {
  constructor(private readonly parts: Parts) {}

  /**
   * Tells the others in a conversation that somebody types; in a group that is fanned out on read nobody. It is large: there
   * somebody always types, and every hint would go to everybody.
   */
  async typing(userId: UserId, { conversationId }: RequestOf<'typing'>): Promise<JsonText> {
    const { members } = await audienceOf(this.parts.authoriser, userId, conversationId)
    const others = members.filter((user) => user !== userId)
    this.parts.fanOut.hint(others, 'typing', JSON.stringify({ conversationId, userId }))
    return '{}'
  }

  /** Those of `userIds` whose presence the user may see: oneself, with whom one shares a conversation, whom policy shows. */
  async visible(userId: UserId, userIds: readonly UserId[]): Promise<readonly UserId[]> {
    const { storage, limits, contacts } = this.parts
    if (userIds.length > limits.list) throw new RookeryError('TOO_LARGE', `a list may have ${limits.list} items`)
    const asked = [...new Set(userIds)]
    const sharing = new Set(await storage.members.sharing(userId, asked))
    const seen = await Promise.all(
      asked.map(
        async (id) => id === userId || sharing.has(id) || ((await contacts?.maySeePresence?.(userId, id)) ?? false),
      ),
    )
    return asked.filter((_, i) => seen[i])
  }

  /** The answer to `presence`: everybody asked for, the invisible as offline; and who of the visible is online. */
  async snapshot(
    userIds: readonly UserId[],
    visible: readonly UserId[],
  ): Promise<{ readonly users: readonly UserPresence[]; readonly online: ReadonlyMap<UserId, readonly string[]> }> {
    const [holders, devices] = await Promise.all([
      this.parts.presence.locate(visible),
      this.parts.storage.devices.list(visible),
    ])
    const online = devicesByUser(holders)
    const seen = lastSeen(devices)
    const users = [...new Set(userIds)].map((userId) => {
      const types = online.get(userId) ?? []
      const at = types.length === 0 ? seen.get(userId) : undefined
      return { userId, online: types.length > 0, devices: types, ...(at === undefined ? {} : { lastSeen: at }) }
    })
    return { users, online }
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
