// Catching up: one page of a user's inbox after a position.
import type { JsonText, Seq, UserId } from '../model/ids.js'
import type { TimelineReads } from '../ports/storage.js'
import type { Limits } from '../protocol/limits.js'
import { entryJson } from '../protocol/wire.js'
import { cutPage } from './pages.js'

/** A page before the session has decided whether it follows from here on. */
export interface Page {
  readonly entries: JsonText
  /** The position held after it. */
  readonly to: Seq
  /** Whether it reaches the head of the same snapshot. */
  readonly last: boolean
  /** Retention has taken entries between the position given and the first of these. */
  readonly truncated: boolean
}

/** Where a reader says it stands. */
export interface Claim {
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

/** Reads one page; null where the position is foreign and the reader must start over. */
export async function readPage(
  reads: TimelineReads,
  userId: UserId,
  claim: Claim & { readonly limit?: number | undefined },
  limits: Limits,
): Promise<Page | null> {
  const limit = Math.min(claim.limit ?? limits.pull, limits.pull)
  const page = await reads.inbox(userId, claim.since, limit)
  if (await isForeign(reads, userId, claim, page)) return null
  const { json, count } = cutPage(page.entries.map(entryJson), limits.pageBytes, 'front')
  const to = count === 0 ? Math.max(claim.since, page.floor) : page.entries[count - 1]!.seq
  return { entries: json, to, last: to >= page.head, truncated: claim.since < page.floor }
}

/** A page's answer. */
export const pageJson = (page: Page, more: boolean, epoch: string): JsonText =>
  `{"entries":${page.entries},"timelines":[],"seq":${page.to},"more":${more},"truncated":${page.truncated},"reset":false,"epoch":${JSON.stringify(epoch)},"mine":{}}`

/** The answer that makes a reader start over. */
export const resetJson = (epoch: string): JsonText =>
  `{"entries":[],"timelines":[],"seq":0,"more":true,"truncated":false,"reset":true,"epoch":${JSON.stringify(epoch)},"mine":{}}`
