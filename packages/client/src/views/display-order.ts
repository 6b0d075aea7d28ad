// The order in which messages are shown. Rules:
// 1. Messages of one sender are shown as they were sent: by local time, which is the order of `seq`, and never against it.
// 2. Messages of different senders are shown by server time, as far as rule 1 allows.
// 3. The order does not depend on the order in which the messages came.
import type { Message } from '@rookery/protocol'

/** `seq`: as the conversation is numbered. `time`: by the rules above. */
export type DisplayOrder = 'seq' | 'time'

type Placed = Pick<Message, 'seq' | 'from' | 'serverTime'>

/** The messages in the order in which they are shown. */
export function inDisplayOrder<M extends Placed>(messages: readonly M[], order: DisplayOrder): readonly M[] {
  const bySeq = [...messages].sort((a, b) => a.seq - b.seq)
  if (order === 'seq') return bySeq
  // Clocks of nodes differ: a sender's later message is never taken for earlier than the one before.
  const latest = new Map<string | null, number>()
  const timed = bySeq.map((message) => {
    const at = Math.max(message.serverTime, latest.get(message.from) ?? 0)
    latest.set(message.from, at)
    return { message, at }
  })
  return timed.sort((a, b) => a.at - b.at || a.message.seq - b.message.seq).map(({ message }) => message)
}
