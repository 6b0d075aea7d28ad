// The audience of a request in a conversation: who gets its entry, and the asking user's place, both under one version
// of the group.
import type { ConversationId, ConversationKind, UserId } from '@rookery/protocol'
import { type Authoriser, notFound } from '../access/authorise.js'
import { readersOf } from './readers.js'
import type { Standing } from './rosters.js'

export interface Audience {
  readonly kind: ConversationKind
  readonly conversationId: ConversationId
  readonly subject: string
  /** c2c: both users; empty in groups. */
  readonly users: readonly UserId[]
  /** The users whose inboxes get an entry; empty where the group is fanned out on read. */
  readonly members: readonly UserId[]
  /** Null for c2c. */
  readonly standing: Standing | null
}

/**
 * The audience of a conversation at this moment, for one of its members, or for the host where `userId` is null.
 * @throws RookeryError `NOT_FOUND`, with the same text whether the conversation does not exist or is not for this user
 */
export async function audienceOf(
  authoriser: Authoriser,
  userId: UserId | null,
  conversationId: ConversationId,
): Promise<Audience> {
  if (authoriser.rosters.known(conversationId, userId) === undefined) {
    const found = await (userId === null
      ? authoriser.existing(conversationId)
      : authoriser.member(userId, conversationId))
    const { subject, users } = found
    if (!('group' in found) || found.group === null)
      return { kind: 'c2c', conversationId, subject, users, members: users, standing: null }
  }
  const standing = await authoriser.rosters.learn(conversationId, userId)
  if (standing === null || (userId !== null && standing.membership === null)) throw notFound()
  return { kind: 'c2g', conversationId, subject: '', users: [], members: readersOf(standing.group), standing }
}
