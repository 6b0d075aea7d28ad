// Catching up in conversations that are fanned out on read: a page of each timeline that a reader names.
import type { ConversationId, JsonText, Seq, UserId } from '@rookery/protocol'
import type { StoredMessage } from '../../model/message.js'
import { storedMessageJson } from '../../model/wire.js'
import type { Storage, TimelinePage } from '../../ports/storage.js'
import { cutPage } from './pages.js'

/** What a pull reads. */
export type PullReads = Pick<Storage, 'timelines' | 'heads'>

/** Positions by conversation. */
export type Positions = Readonly<Record<ConversationId, Seq>>

/** One timeline of an answer. */
export interface TimelineRead {
  readonly conversationId: ConversationId
  /** The position named. */
  readonly after: Seq
  /** What is given, and the same as a JSON array. */
  readonly stored: readonly StoredMessage[]
  readonly messages: JsonText
  /** The position held after it. */
  readonly to: Seq
  readonly last: boolean
  readonly truncated: boolean
}

/**
 * Reads a page of each timeline named; what the user never was a member of is left out. Null where a position lies beyond
 * what storage has, so that the reader must start over.
 * @param isFollowed that the user is a member now, so that the head alone may tell that there is nothing new
 * @param bytesLeft of the answer; zero or less where it is full
 * @param mayBeEmpty whether the answer holds something already: otherwise one message is given, however long it is
 */
export async function readTimelines(
  reads: PullReads,
  userId: UserId,
  named: Positions,
  isFollowed: (conversationId: ConversationId) => boolean,
  limit: number,
  bytesLeft: number,
  mayBeEmpty: boolean,
): Promise<readonly TimelineRead[] | null> {
  const ids = Object.keys(named)
  const followed = ids.filter(isFollowed)
  const heads = followed.length === 0 ? [] : await reads.heads.conversations(followed)
  const headOf = new Map(followed.map((id, i) => [id, heads[i]?.seq]))
  const pages: TimelineRead[] = []
  for (const conversationId of ids) {
    const after = named[conversationId]!
    const head = headOf.get(conversationId)
    const isFull = mayBeEmpty && bytesLeft <= 0
    if (head !== undefined && (head === after || (isFull && head > after))) {
      pages.push({ ...nothingOf(conversationId, after), last: head === after })
      continue
    }
    const page = await reads.timelines.timeline(userId, conversationId, after, limit)
    if (page === null) continue
    if (after > Math.max(page.head, page.floor)) return null
    const { read, bytes } = cut(conversationId, after, page, bytesLeft, mayBeEmpty)
    mayBeEmpty ||= bytes > 0
    bytesLeft -= bytes
    pages.push(read)
  }
  return pages
}

function cut(
  conversationId: ConversationId,
  after: Seq,
  { messages, head, floor }: TimelinePage,
  bytesLeft: number,
  mayBeEmpty: boolean,
): { readonly read: TimelineRead; readonly bytes: number } {
  let { json, count } = cutPage(messages.map(storedMessageJson), bytesLeft, 'front')
  let bytes = Buffer.byteLength(json)
  if (bytes > bytesLeft && mayBeEmpty) [json, count, bytes] = ['[]', 0, 0]
  const stored = messages.slice(0, count)
  // Beyond the head nothing is for this reader: of who has left, retention may have taken more than that.
  const from = Math.min(floor, head)
  const to = stored.at(-1)?.seq ?? Math.max(after, from)
  const read = { conversationId, after, stored, messages: json, to, last: to >= head, truncated: after < from }
  return { read, bytes: count === 0 ? 0 : bytes }
}

const nothingOf = (conversationId: ConversationId, after: Seq): TimelineRead => ({
  conversationId,
  after,
  stored: [],
  messages: '[]',
  to: after,
  last: false,
  truncated: false,
})

/** Nothing of one that does not reach back to the position named; it is asked for again. */
export const heldBack = (read: TimelineRead): TimelineRead =>
  read.truncated ? nothingOf(read.conversationId, read.after) : read

/** One of an answer's `timelines`. */
export const timelineJson = ({ conversationId, messages, to, last, truncated }: TimelineRead): JsonText =>
  `{"conversationId":${JSON.stringify(conversationId)},"messages":${messages},"seq":${to},"more":${!last},"truncated":${truncated}}`
