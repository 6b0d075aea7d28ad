// The list of conversation timelines that a user follows: its beginning for `ready`, and its pages.
import { type ConversationId, type RequestOf, RookeryError, type Seq, type UserId } from '@rookery/protocol'
import type { Limits } from '../options/limits.js'
import type { HeadReads } from '../ports/storage.js'
import { goalOf } from './following.js'
import type { Session } from './session.js'

/**
 * The part of the list in `ready`: first the timelines that the client has named, then the others in the order of their
 * ids. `cursor` tells where the list continues; null if it is complete.
 */
export function followsOf(
  { timelines }: Session,
  list: number,
): {
  readonly timelines: readonly { readonly conversationId: ConversationId; readonly seq: Seq }[]
  readonly cursor: string | null
} {
  const all = [...(timelines ?? [])].sort(
    ([a, { isNamed }], [b, other]) => Number(other.isNamed) - Number(isNamed) || (a < b ? -1 : 1),
  )
  const told = all.slice(0, list)
  const last = told.findLast(([, { isNamed }]) => !isNamed)
  return {
    timelines: told.map(([conversationId, { isNamed, state }]) => ({
      conversationId,
      seq: isNamed ? goalOf(state) : state.at,
    })),
    cursor: told.length === all.length ? null : encodeCursor(last?.[0] ?? ''),
  }
}

/** A page of the list, in the order of ids, as storage has it now. */
export async function follows(
  heads: HeadReads,
  userId: UserId,
  { cursor, limit }: RequestOf<'follows'>,
  { list }: Limits,
): Promise<string> {
  const after = cursor === undefined ? null : decodeCursor(cursor)
  const { timelines, more } = await heads.followsAfter(userId, after, Math.min(limit ?? list, list))
  return JSON.stringify({ timelines, ...(more ? { cursor: encodeCursor(timelines.at(-1)!.conversationId) } : {}) })
}

const beginning = '-'

// If `ready` has room only for timelines that the client named, the list continues from its beginning.
const encodeCursor = (after: ConversationId): string =>
  after === '' ? beginning : Buffer.from(after).toString('base64url')

function decodeCursor(cursor: string): ConversationId | null {
  if (cursor === beginning) return null
  const after = Buffer.from(cursor, 'base64url').toString()
  if (!/^[!-~]{1,128}$/.test(after)) throw new RookeryError('BAD_REQUEST', 'cursor: this server did not give it')
  return after
}
