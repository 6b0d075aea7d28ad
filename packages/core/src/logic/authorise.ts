// The one function that decides whether a user may touch a conversation.
import { LRUCache } from 'lru-cache'
import type { Access } from '../model/conversation.js'
import type { ConversationId, UserId } from '../model/ids.js'
import type { Storage } from '../ports/storage.js'
import { RookeryError } from '../protocol/errors.js'

/** Who talks in a c2c conversation. It never changes, and so it may be remembered. */
export interface Pair {
  readonly conversationId: ConversationId
  readonly users: readonly UserId[]
  readonly subject: string
}

const pairsMax = 50_000

export class Authoriser {
  private readonly pairs = new LRUCache<ConversationId, Pair>({ max: pairsMax })

  constructor(private readonly storage: Pick<Storage, 'members'>) {}

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
    this.pairs.set(conversationId, found)
    return found
  }

  /** Notes that a c2c conversation exists. */
  remember(pair: Pair): void {
    this.pairs.set(pair.conversationId, pair)
  }

  /**
   * The conversation, for one of its members.
   * @throws RookeryError `NOT_FOUND`, alike whether there is none or it is not for this user
   */
  async member(userId: UserId, conversationId: ConversationId): Promise<Pair | Access> {
    const pair = this.pairs.get(conversationId)
    if (pair?.users.includes(userId) === true) return pair
    const access = pair === undefined ? await this.storage.members.access(conversationId, userId) : null
    if (access === null) throw notFound()
    if (access.kind === 'c2c') this.remember({ conversationId, users: access.users, subject: access.subject })
    return access
  }
}

/** The answer for what is missing and for what is not this user's. */
export const notFound = (): RookeryError => new RookeryError('NOT_FOUND', 'no such conversation, or not yours')

/** Everybody in a conversation but one; oneself, where one talks to oneself. */
export const peerOf = (users: readonly UserId[], userId: UserId): UserId =>
  users.find((user) => user !== userId) ?? userId
