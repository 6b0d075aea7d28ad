// The one function that decides whether a user may act on a conversation.
import { LRUCache } from 'lru-cache'
import { type ConversationId, RookeryError, type UserId } from '@rookery/protocol'
import type { Access } from '../../model/conversation.js'
import type { Storage } from '../../ports/storage.js'
import { type KnownGroup, Rosters, type Standing } from '../groups/rosters.js'

/** The users of a c2c conversation. They never change, so they may be cached. */
export interface Pair {
  readonly conversationId: ConversationId
  readonly users: readonly UserId[]
  readonly subject: string
}

const pairsMax = 50_000

export class Authoriser {
  // Bounded by size, so that it grows as it fills: `max` would allocate all its memory at once, which takes some
  // milliseconds.
  private readonly pairs = new LRUCache<ConversationId, Pair>({ maxSize: pairsMax, sizeCalculation: () => 1 })
  readonly rosters: Rosters

  constructor(private readonly storage: Pick<Storage, 'members' | 'groups'>) {
    this.rosters = new Rosters(storage)
  }

  /** A c2c conversation that is known to exist; undefined says nothing. */
  known(conversationId: ConversationId): Pair | undefined {
    return this.pairs.get(conversationId)
  }

  /**
   * A conversation for the host, which may speak everywhere.
   * @throws RookeryError `NOT_FOUND`
   */
  async existing(conversationId: ConversationId): Promise<Pair | Access> {
    const found = this.pairs.get(conversationId) ?? (await this.storage.members.access(conversationId, null))
    if (found === null) throw notFound()
    // Groups are not cached here, because they change.
    const { users, subject } = found
    if (users.length > 0) this.remember({ conversationId, users, subject })
    return found
  }

  /** Notes that a c2c conversation exists. */
  remember(pair: Pair): void {
    this.pairs.set(pair.conversationId, pair)
  }

  /**
   * The conversation, for one of its members.
   * @throws RookeryError `NOT_FOUND`, with the same text whether it does not exist or is not for this user
   */
  async member(userId: UserId, conversationId: ConversationId): Promise<Pair | Access> {
    const pair = this.pairs.get(conversationId)
    if (pair?.users.includes(userId) === true) return pair
    const access = pair === undefined ? await this.storage.members.access(conversationId, userId) : null
    if (access === null) throw notFound()
    if (access.kind === 'c2c') this.remember({ conversationId, users: access.users, subject: access.subject })
    return access
  }

  /** A group in which the user may speak, as the cache knows it; undefined says nothing. */
  knownSpeaker(speaker: Speaker, now: number): KnownGroup | undefined {
    const standing = this.rosters.known(speaker.groupId, speaker.userId)
    return standing === undefined || mayNotSpeak(speaker, standing, now) !== null ? undefined : standing.group
  }

  /**
   * A group in which the user may speak at this moment.
   * @throws RookeryError `NOT_FOUND`; `FORBIDDEN` where the user, or everybody, is muted
   */
  async speaker(speaker: Speaker, now: number): Promise<KnownGroup> {
    const standing = await this.rosters.learn(speaker.groupId, speaker.userId)
    const refusal = standing === null ? notFound() : mayNotSpeak(speaker, standing, now)
    if (refusal !== null) throw refusal
    return standing!.group
  }
}

/** A user who wants to speak in a group. */
export interface Speaker {
  readonly groupId: ConversationId
  /** Null for the system. */
  readonly userId: UserId | null
  /** Whether mutes count. They do not count for the host. */
  readonly mutes: boolean
}

/** Why a user may not speak in a group; null where the user may. */
export function mayNotSpeak(
  { userId, mutes }: Speaker,
  { group, membership }: Standing,
  now: number,
): RookeryError | null {
  if (userId === null) return null
  if (membership === null) return notFound()
  if (!mutes) return null
  const until = membership.role === 'member' ? Math.max(membership.mutedUntil, group.mutedUntil) : membership.mutedUntil
  return until > now
    ? new RookeryError('FORBIDDEN', 'you may not speak in this group now', { details: { until } })
    : null
}

/**
 * One answer for two cases, so that nobody can tell them apart: there is no such conversation, or it is not for this
 * user.
 */
export const notFound = (): RookeryError => new RookeryError('NOT_FOUND', 'no such conversation, or not yours')

/** The other user of a conversation; the user itself where it talks to itself. */
export const peerOf = (users: readonly UserId[], userId: UserId): UserId =>
  users.find((user) => user !== userId) ?? userId
