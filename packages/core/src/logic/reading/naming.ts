// Gives conversations the names that the host has for them. Nothing of this is stored: there is no second table of
// users.
import type { ConversationId, UserId } from '@rookery/protocol'
import type { ConversationView } from '../../model/conversation.js'
import type { Group } from '../../model/group.js'
import type { Timing } from '../../options/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { ConversationNames, Profile, Users } from '../../ports/host.js'
import type { ConversationReads, Storage } from '../../ports/storage.js'
import { notFound } from '../access/authorise.js'
import { within } from '../host/deadlines.js'

interface Parts {
  readonly storage: Pick<Storage, 'conversations'>
  readonly users: Users | null
  readonly names: ConversationNames | null
  readonly clock: Clock
  readonly timing: Timing
}

export class Naming {
  constructor(private readonly parts: Parts) {}

  /**
   * The same conversations with names. It asks the host once for all of them, or not at all where the host gives no
   * names.
   */
  async name(userId: UserId, views: readonly ConversationView[]): Promise<readonly ConversationView[]> {
    const { users, names, clock, timing } = this.parts
    if (views.length === 0 || (users?.profiles === undefined && names === null)) return views
    const ask = async (): Promise<readonly ConversationView[]> => {
      const own = (await names?.names(userId, views)) ?? []
      const peers = views.flatMap(({ peerId }, i) => (peerId !== null && own[i] == null ? [peerId] : []))
      const profiles = peers.length === 0 ? [] : ((await users?.profiles?.(peers)) ?? [])
      const byPeer = new Map<UserId, Profile | null | undefined>(peers.map((peer, i) => [peer, profiles[i]]))
      return views.map((view, i) => withName(view, own[i] ?? (view.peerId === null ? null : byPeer.get(view.peerId))))
    }
    return within(clock, timing.handlerDeadlineMs, 'the directory of names', ask())
  }

  /** A group with the name that the host gives it, if the host keeps names of conversations. */
  async group(userId: UserId, group: Group): Promise<Group> {
    const { names, clock, timing } = this.parts
    if (names === null) return group
    const asked = { conversationId: group.groupId, kind: 'c2g', peerId: null, subject: '' } as const
    const ask = async (): Promise<readonly (Profile | null)[]> => names.names(userId, [asked])
    const [profile] = await within(clock, timing.handlerDeadlineMs, 'the directory of names', ask())
    return withName(group, profile)
  }

  /**
   * One conversation as one of its members sees it.
   * @throws RookeryError `NOT_FOUND`
   */
  async view(userId: UserId, conversationId: ConversationId): Promise<ConversationView> {
    const reads: ConversationReads = this.parts.storage.conversations
    const [view] = await reads.views(userId, [conversationId])
    if (view == null) throw notFound()
    const [named] = await this.name(userId, [view])
    return named!
  }
}

const withName = <View extends Pick<ConversationView | Group, 'name' | 'avatar'>>(
  view: View,
  profile: Profile | null | undefined,
): View =>
  profile == null ? view : { ...view, name: profile.name ?? view.name, avatar: profile.avatar ?? view.avatar }
