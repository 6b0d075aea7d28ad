// Catching up: one page of a user's inbox after a position, and of each timeline that the request names.
import type { ConversationId, JsonText, Seq, UserId } from '@rookery/protocol'
import type { StoredEntry } from '../../model/entry.js'
import { entryJson } from '../../model/wire.js'
import type { Limits } from '../../options/limits.js'
import type { TimelineReads } from '../../ports/storage.js'
import type { FollowFact } from '../delivery/sessions.js'
import { mineJson } from './own-reactions.js'
import { cutPage } from './pages.js'
import {
  heldBack,
  readTimelines,
  timelineJson,
  type Positions,
  type PullReads,
  type TimelineRead,
} from './timeline-pages.js'

/** A page, before the session decides whether it follows from here on. */
export interface Page {
  readonly entries: JsonText
  /** The reader's position after the page. */
  readonly to: Seq
  /** Whether the page ends at the head of the inbox, in the same snapshot. */
  readonly isInboxLast: boolean
  /**
   * Whether nothing follows: in the inbox, in a named timeline, or in a timeline of which this page tells the reader
   * for the first time.
   */
  readonly last: boolean
  /** Whether retention has removed entries between the given position and the first entry here. */
  readonly truncated: boolean
  /** The reader's own reactions to the messages of the page. */
  readonly mine: JsonText
  readonly timelines: readonly TimelineRead[]
  /** What its entries say about followed timelines. An entry does not tell the group's version, so the version is 0. */
  readonly facts: readonly FollowFact[]
}

/** The position that a reader claims to have. */
interface Claim {
  readonly since: Seq
  /** `at` of the entry at `since`. */
  readonly sinceAt?: number | undefined
}

/**
 * Whether a position cannot come from this storage: it is beyond the head, or another entry is stored there. If
 * retention has removed the entry, the position passes.
 */
export async function isForeign(
  reads: TimelineReads,
  userId: UserId,
  { since, sinceAt }: Claim,
  { head, floor }: { head: Seq; floor: Seq },
): Promise<boolean> {
  if (since > head) return true
  if (sinceAt === undefined || since === 0 || since <= floor) return false
  return (await reads.entryAt(userId, since)) !== sinceAt
}

/**
 * Reads one page. Null where the position is foreign, and the reader must start over.
 * @param isFollowed whether the user is known to follow a timeline now
 */
export async function readPage(
  reads: PullReads,
  userId: UserId,
  claim: Claim & { readonly limit?: number | undefined; readonly timelines?: Positions | undefined },
  limits: Limits,
  isFollowed: (conversationId: ConversationId) => boolean,
): Promise<Page | null> {
  const limit = Math.min(claim.limit ?? limits.pull, limits.pull)
  const inbox = await reads.timelines.inbox(userId, claim.since, limit)
  if (await isForeign(reads.timelines, userId, claim, inbox)) return null
  const { json, count } = cutPage(inbox.entries.map(entryJson), limits.pageBytes, 'front')
  const named = claim.timelines ?? {}
  const bytesLeft = limits.pageBytes - Buffer.byteLength(json)
  // Read after the inbox: if the inbox does not tell of a removal yet, that removal has hidden nothing from this page.
  const read = await readTimelines(reads, userId, named, isFollowed, limit, bytesLeft, count > 0)
  if (read === null) return null
  const entries = inbox.entries.slice(0, count)
  const to = entries.at(-1)?.seq ?? Math.max(claim.since, inbox.floor)
  const facts = entries.flatMap(factsOf)
  const isInboxLast = to >= inbox.head
  // A timeline that does not reach back to the reader's position may belong to a later membership, of which the entries
  // so far do not tell. Then it is held back until they do.
  const isTold = async (): Promise<boolean> => isInboxLast && (await reads.heads.users([userId]))[0]?.seq === inbox.head
  const timelines = read.some(({ truncated }) => truncated) && !(await isTold()) ? read.map(heldBack) : read
  const learns = facts.some(({ kind, conversation }) => kind === 'follow' && !Object.hasOwn(named, conversation))
  const last = isInboxLast && !learns && timelines.every((timeline) => timeline.last)
  const messages = entries.flatMap((entry) =>
    entry.kind === 'message' && entry.message !== null ? [entry.message] : [],
  )
  const mine = await mineJson(reads.timelines, userId, [...messages, ...timelines.flatMap(({ stored }) => stored)])
  return { entries: json, to, isInboxLast, last, truncated: claim.since < inbox.floor, timelines, facts, mine }
}

function factsOf(entry: StoredEntry): FollowFact[] {
  if (entry.kind !== 'follow' && entry.kind !== 'unfollow') return []
  const { seq, kind } = entry
  const { conversationId: conversation, from, to } = JSON.parse(entry.body)
  return [kind === 'follow' ? { kind, seq, conversation, from, version: 0 } : { kind, seq, conversation, to }]
}

/** The answer for a page. */
export const pageJson = (page: Page, more: boolean, epoch: string): JsonText =>
  `{"entries":${page.entries},"timelines":[${page.timelines.map(timelineJson).join(',')}],"seq":${page.to},"more":${more},"truncated":${page.truncated},"reset":false,"epoch":${JSON.stringify(epoch)},"mine":${page.mine}}`

/** The answer that makes a reader start over. */
export const resetJson = (epoch: string): JsonText =>
  `{"entries":[],"timelines":[],"seq":0,"more":true,"truncated":false,"reset":true,"epoch":${JSON.stringify(epoch)},"mine":{}}`
