// Catching up in conversations that are fanned out on read: a page of each timeline that a reader names.
import type { ConversationId, JsonText, Seq, UserId } from '@rookery/protocol'
import type { StoredMessage } from '../../model/message.js'
import { storedMessageJson } from '../../model/wire.js'
import type { Storage, TimelinePage } from '../../ports/storage.js'
import { cutPage } from './pages.js'

/** The reads that a pull needs. */
export type PullReads = Pick<Storage, 'timelines' | 'heads'>

/** Positions by conversation. */
export type Positions = Readonly<Record<ConversationId, Seq>>

/** The part of an answer for one timeline. */
export interface TimelineRead {
  readonly conversationId: ConversationId
  /** The position that the request named. */
  readonly after: Seq
  /** The messages of the page; `messages` is the same as a JSON array. */
  readonly stored: readonly StoredMessage[]
  readonly messages: JsonText
  /** The reader's position after the page. */
  readonly to: Seq
  readonly last: boolean
  readonly truncated: boolean
}

/**
 * Reads a page of each named timeline. It leaves out conversations of which the user never was a member. Null where a
 * position is beyond what storage has, so that the reader must start over.
 * @param isFollowed whether the user is a member now; then the head alone can tell that there is nothing new
 * @param bytesLeft bytes left in the answer; zero or less where it is full
 * @param mayBeEmpty whether the answer has content already. If not, it gets at least one message, however long
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
  // Nothing above the head is for this reader. If the reader has left, retention may have removed more than that.
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

/** The read without its messages, if it does not reach back to the named position; the reader asks for it again. */
export const heldBack = (read: TimelineRead): TimelineRead =>
  read.truncated ? nothingOf(read.conversationId, read.after) : read

/** One item of an answer's `timelines`. */
export const timelineJson = ({ conversationId, messages, to, last, truncated }: TimelineRead): JsonText =>
  `{"conversationId":${JSON.stringify(conversationId)},"messages":${messages},"seq":${to},"more":${!last},"truncated":${truncated}}`
