// Catching up: one page of a user's inbox after a position, and of each timeline that is named.
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

/** A page before the session has decided whether it follows from here on. */
export interface Page {
  readonly entries: JsonText
  /** The position held after it. */
  readonly to: Seq
  /** Whether the inbox ends there, in the same snapshot. */
  readonly isInboxLast: boolean
  /** Whether there is nothing more, in a timeline named either, and none that the reader learns of from this very page. */
  readonly last: boolean
  /** Retention has taken entries between the position given and the first of these. */
  readonly truncated: boolean
  /** The reader's own reactions to the messages on it. */
  readonly mine: JsonText
  readonly timelines: readonly TimelineRead[]
  /** What its entries say about timelines; under which versions is not told, so 0. */
  readonly facts: readonly FollowFact[]
}

/** Where a reader says it stands. */
interface Claim {
  readonly since: Seq
  /** `at` of the entry there. */
  readonly sinceAt?: number | undefined
}

/**
 * Whether a position cannot be one of this storage: beyond the head, or of another entry than the one stored there.
 * An entry that retention took says nothing.
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
 * Reads one page; null where a position is foreign and the reader must start over.
 * @param isFollowed that the user is known to follow a timeline now
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
  // After the inbox: a removal that it does not tell of yet has not hidden anything from this page.
  const read = await readTimelines(reads, userId, named, isFollowed, limit, bytesLeft, count > 0)
  if (read === null) return null
  const entries = inbox.entries.slice(0, count)
  const to = entries.at(-1)?.seq ?? Math.max(claim.since, inbox.floor)
  const facts = entries.flatMap(factsOf)
  const isInboxLast = to >= inbox.head
  // A timeline that no longer reaches back may be that of a later membership than the entries tell of so far.
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

/** A page's answer. */
export const pageJson = (page: Page, more: boolean, epoch: string): JsonText =>
  `{"entries":${page.entries},"timelines":[${page.timelines.map(timelineJson).join(',')}],"seq":${page.to},"more":${more},"truncated":${page.truncated},"reset":false,"epoch":${JSON.stringify(epoch)},"mine":${page.mine}}`

/** The answer that makes a reader start over. */
export const resetJson = (epoch: string): JsonText =>
  `{"entries":[],"timelines":[],"seq":0,"more":true,"truncated":false,"reset":true,"epoch":${JSON.stringify(epoch)},"mine":{}}`
