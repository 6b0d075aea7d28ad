// A message and what was changed of it afterwards. Rules, each with a test:
// 1. Of two copies of a message the one with the later `asOf` stands: an older answer never undoes a change.
// 2. A change is applied once, to a message whose `asOf` is smaller; the order of `seq` is the order of changes.
// 3. What was recalled has no content, whatever comes later.
import type { Message, Seq } from '@rookery/protocol'
import type { ControlRow, MessageRow } from '../ports/rows.js'

export const asOf = (message: Message): Seq => message.asOf ?? message.seq

/** Whether a message only changes another one, and is not shown itself. */
export const isChange = (type: string): boolean => type === 'im.recall' || type === 'im.edit' || type === 'im.reaction'

/** The change that a control message tells of. */
export const changeOf = ({ conversationId, seq, type, content, from, serverTime }: Message): ControlRow => ({
  conversationId,
  seq,
  type,
  content: content ?? {},
  from,
  serverTime,
  target: Number(content?.['seq'] ?? 0),
})

/**
 * One row of what is held and what came.
 * @param mine my reactions beside the page that brought it; undefined where none were told
 * @param changes in the order of `seq`
 */
export function merge(
  held: MessageRow | undefined,
  given: Message,
  mine: readonly string[] | undefined,
  changes: readonly ControlRow[],
  me: string,
): MessageRow {
  const { conversationId, seq } = given
  const isNewer = held === undefined || asOf(given) > asOf(held.message)
  const start: MessageRow = isNewer ? { conversationId, seq, message: given, mine: mine ?? held?.mine ?? [] } : held
  return changes.reduce((row, change) => fold(row, change, me), start)
}

/** The row after a change; the same object where it changes nothing. */
export function fold(row: MessageRow, change: ControlRow, me: string): MessageRow {
  const { message } = row
  if (change.seq <= asOf(message)) return row
  if (message.recalled) return { ...row, message: { ...message, asOf: change.seq } }
  if (change.type === 'im.recall') return { ...row, message: recalled(message, change.seq), mine: [] }
  if (change.type === 'im.edit') {
    const content = change.content['content'] as Message['content']
    // An edit without content was recalled since: the recall follows.
    if (content === undefined) return { ...row, message: { ...message, asOf: change.seq } }
    return { ...row, message: { ...message, content, editedAt: change.serverTime, asOf: change.seq } }
  }
  const { reaction, remove } = change.content as { reaction: string; remove: boolean }
  const { reactions: before, ...rest } = message
  const count = (before?.[reaction] ?? 0) + (remove ? -1 : 1)
  const others = Object.entries(before ?? {}).filter(([name]) => name !== reaction)
  const counts = count > 0 ? [...others, [reaction, count] as const] : others
  const mine = row.mine.filter((name) => name !== reaction)
  return {
    ...row,
    message: { ...rest, asOf: change.seq, ...(counts.length > 0 && { reactions: Object.fromEntries(counts) }) },
    mine: change.from !== me ? row.mine : remove ? mine : [...mine, reaction],
  }
}

function recalled(message: Message, seq: Seq): Message {
  const { content: _content, ext: _ext, reactions: _reactions, editedAt: _editedAt, ...rest } = message
  return { ...rest, recalled: true, asOf: seq }
}
