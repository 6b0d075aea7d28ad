// Reads one message by its sequence, for a user who may see it.
import { type ConversationId, RookeryError, type Seq, type UserId } from '@rookery/protocol'
import type { StoredMessage } from '../../model/message.js'
import type { TimelineReads } from '../../ports/storage.js'

/**
 * The message with this sequence, in its current state.
 * @param reader must have been a member when the message got its sequence; null for the host
 * @throws RookeryError `NOT_FOUND`, with the same text in each case: there was never such a message, retention removed
 *   it, this user may not see it, or it is a recall, an edit or a reaction, on which nobody can act
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
