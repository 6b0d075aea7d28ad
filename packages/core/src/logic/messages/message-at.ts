// One message by its place, for whoever may see it.
import { type ConversationId, RookeryError, type Seq, type UserId } from '@rookery/protocol'
import type { StoredMessage } from '../../model/message.js'
import type { TimelineReads } from '../../ports/storage.js'

/**
 * The message with this sequence, as it stands.
 * @param reader it must have been sequenced while this user was a member; null for the host
 * @throws RookeryError `NOT_FOUND`, alike for what was never there, for what retention took, for what is not for this user,
 *   and for recalls, edits and reactions, which are no messages to act on
 */
export async function messageAt(
  reads: TimelineReads,
  conversationId: ConversationId,
  seq: Seq,
  reader: UserId | null,
): Promise<StoredMessage> {
  const range = { after: seq - 1, before: seq + 1, limit: 1, ...(reader === null ? {} : { reader }) }
  const { messages } = await reads.messages(conversationId, range)
  if (messages[0] === undefined) throw noSuchMessage()
  return messages[0]
}

export const noSuchMessage = (): RookeryError => new RookeryError('NOT_FOUND', 'no such message, or not for you')
