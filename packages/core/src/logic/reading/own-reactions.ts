// A reader's own reactions, given beside a page of messages: a message itself is the same for every reader.
import type { JsonText, UserId } from '@rookery/protocol'
import type { StoredMessage } from '../../model/message.js'
import type { TimelineReads } from '../../ports/storage.js'

/** `mine` of a page: `{ [msgId]: reaction[] }`. One read for all messages of the page that have reactions. */
export async function mineJson(
  reads: TimelineReads,
  userId: UserId,
  messages: readonly StoredMessage[],
): Promise<JsonText> {
  const reacted = messages.filter(({ reactions }) => reactions !== null)
  if (reacted.length === 0) return '{}'
  const places = reacted.map(({ conversationId, seq }) => ({ conversationId, seq }))
  const own = await reads.reactions(userId, places)
  const mine = reacted.flatMap(({ msgId }, i) => (own[i]!.length === 0 ? [] : [[msgId, own[i]] as const]))
  return JSON.stringify(Object.fromEntries(mine))
}
