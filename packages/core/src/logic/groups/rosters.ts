// A cache of groups: members and who may speak, each under the version at which it was read. The cache may be old. So a
// commit names the version that the decision used, and if the group has another version, the decision is made again.
// The cache may therefore only permit: before a refusal, the storage is read.
import { LRUCache } from 'lru-cache'
import type { ConversationId, UserId } from '@rookery/protocol'
import type { Access } from '../../model/conversation.js'
import type { FanOutMode, Membership } from '../../model/group.js'
import type { Storage } from '../../ports/storage.js'

/** A group at one version. */
export interface KnownGroup {
  readonly groupId: ConversationId
  readonly version: number
  readonly fanOut: FanOutMode
  /** Until this time only the owner and the admins may speak, Unix ms; 0 where everybody may. */
  readonly mutedUntil: number
  readonly memberCount: number
  /** The users whose inboxes get a message; empty where the group is fanned out on read. */
  readonly userIds: readonly UserId[]
}

/** A group, and a user's membership in it: null for the host, and for users who are not members. */
export interface Standing {
  readonly group: KnownGroup
  readonly membership: Membership | null
}

interface Kept extends KnownGroup {
  readonly members: ReadonlyMap<UserId, Membership>
}

/**
 * How many memberships it keeps of groups fanned out on write: some 100 MB, enough for most groups in which people talk
 * at one time.
 */
const membershipsMax = 500_000
/** How many memberships it keeps of users who speak in groups fanned out on read. */
const speakersMax = 100_000

export class Rosters {
  private readonly groups = new LRUCache<ConversationId, Kept>({
    maxSize: membershipsMax,
    sizeCalculation: ({ userIds }) => 1 + userIds.length,
  })
  private readonly speakers = new LRUCache<string, Membership>({ maxSize: speakersMax, sizeCalculation: () => 1 })
  private readonly reading = new Map<ConversationId, Promise<Kept | null>>()

  constructor(private readonly storage: Pick<Storage, 'members' | 'groups'>) {}

  /** What the cache knows of a group and one of its members (null: the host). Undefined says nothing about rights. */
  known(groupId: ConversationId, userId: UserId | null): Standing | undefined {
    const group = this.groups.get(groupId)
    if (group === undefined) return undefined
    if (userId === null) return { group, membership: null }
    const membership =
      group.fanOut === 'write' ? group.members.get(userId) : this.speakers.get(speakerKey(group, userId))
    return membership === undefined ? undefined : { group, membership }
  }

  /** The same from storage, as of this moment; null where there is no such group, or the user is not a member. */
  async learn(groupId: ConversationId, userId: UserId | null): Promise<Standing | null> {
    const access = await this.storage.members.access(groupId, userId)
    if (access?.group == null) return null
    const { version, group } = access
    if (group.fanOut === 'read') {
      const known = this.keep(kept(access, group, []))
      if (group.membership !== null) this.speakers.set(speakerKey({ groupId, version }, userId!), group.membership)
      return { group: known, membership: group.membership }
    }
    let found = this.groups.get(groupId)
    // A read that began before this call may be older than the version that was just read.
    while (found === undefined || found.version < version) {
      const read = await (this.reading.get(groupId) ?? this.read(groupId))
      if (read === null) return null
      found = read
    }
    if (found.fanOut === 'read') return this.learn(groupId, userId)
    return { group: found, membership: found.version === version ? group.membership : memberOf(found, userId) }
  }

  /** A group at a version; null where it has another version now. */
  async at(groupId: ConversationId, version: number): Promise<KnownGroup | null> {
    const known = this.groups.get(groupId)
    const found = known?.version === version ? known : await (this.reading.get(groupId) ?? this.read(groupId))
    return found?.version === version ? found : null
  }

  /** Drops a group up to a version, because it has changed. */
  forget(groupId: ConversationId, version: number): void {
    const known = this.groups.get(groupId)
    if (known !== undefined && known.version <= version) this.groups.delete(groupId)
  }

  private read(groupId: ConversationId): Promise<Kept | null> {
    const read = this.storage.groups
      .roster(groupId)
      .then((roster) => {
        if (roster === null) return null
        return this.keep(kept({ conversationId: groupId, version: roster.version }, roster, roster.members))
      })
      .finally(() => this.reading.delete(groupId))
    this.reading.set(groupId, read)
    return read
  }

  /** Reads may overtake one another; the newest one stays. */
  private keep(group: Kept): Kept {
    const before = this.groups.get(group.groupId)
    if (before !== undefined && before.version >= group.version) return before
    this.groups.set(group.groupId, group)
    return group
  }
}

const kept = (
  { conversationId: groupId, version }: Pick<Access, 'conversationId' | 'version'>,
  { fanOut, mutedUntil, memberCount }: Pick<KnownGroup, 'fanOut' | 'mutedUntil' | 'memberCount'>,
  members: readonly Membership[],
): Kept => ({
  groupId,
  version,
  fanOut,
  mutedUntil,
  memberCount,
  userIds: members.map(({ userId }) => userId),
  members: new Map(members.map((member) => [member.userId, member])),
})

const memberOf = (group: Kept, userId: UserId | null): Membership | null =>
  userId === null ? null : (group.members.get(userId) ?? null)

const speakerKey = ({ groupId, version }: Pick<KnownGroup, 'groupId' | 'version'>, userId: UserId): string =>
  `${groupId}\n${version}\n${userId}`
