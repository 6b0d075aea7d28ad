// Splits a batch into pieces. One statement carries out all appends of a piece, and one all other operations. A piece
// keeps the order of its operations, and operations that touch the same user, conversation or key keep the order given.
// Only independent operations may change places, which nobody can see.
import type { AppendOp, StorageOp } from '@rookery/core'
import { isWhole, usersNamed } from '../../rows/named.js'

export interface Segment {
  readonly appends: boolean
  /** Places in the batch, ascending. */
  readonly places: number[]
}

/** The key that an operation takes, separate for each user; null where it takes none. */
function keyOf(op: StorageOp): string | null {
  if ('message' in op) return `k${op.message.from ?? ''}\n${op.message.clientMsgId}`
  if (op.op === 'settings' && op.key) return `k${op.userId}\n${op.key.clientMsgId}`
  if (op.op === 'custom' && op.key !== undefined) return `k\n${op.key}`
  return null
}

function* touchedBy(op: StorageOp): Generator<string> {
  if ('message' in op) {
    yield `c${op.message.conversationId}`
    for (const userId of op.op === 'append' ? op.members : usersNamed(op)) yield `u${userId}`
    return
  }
  yield `u${op.userId}`
  if (op.op === 'read' || op.op === 'settings') yield `c${op.conversationId}`
  if (op.op === 'raise-login') yield 'logins'
  if (op.op === 'push-register') yield `t${op.provider}\n${op.app}\n${op.tokenHash}`
}

export function segmentsOf(ops: readonly StorageOp[]): readonly Segment[] {
  if (isOnePiece(ops)) return [{ appends: true, places: ops.map((_, place) => place) }]
  const segments: Segment[] = []
  /** The last segment that touched each user, conversation or key. */
  const last = new Map<string, number>()
  /** No operation may go before this segment: an operation in it touches inboxes that it does not name. */
  let first = 0
  for (const [place, op] of ops.entries()) {
    const appends = op.op === 'append'
    const key = keyOf(op)
    let at = isWhole(op) ? Math.max(0, segments.length - 1) : first
    for (const one of touchedBy(op)) {
      const before = last.get(one)
      if (before !== undefined) at = Math.max(at, segments[before]?.appends === appends ? before : before + 1)
    }
    // Two appends with one key in one piece would not see each other.
    const before = key === null ? undefined : last.get(key)
    if (before !== undefined) at = Math.max(at, before + 1)
    while (at < segments.length && segments[at]?.appends !== appends) at += 1
    if (at === segments.length) segments.push({ appends, places: [] })
    segments[at]?.places.push(place)
    for (const one of touchedBy(op)) last.set(one, at)
    if (key !== null) last.set(key, at)
    if (isWhole(op)) first = at
  }
  return segments
}

/** Most batches: appends of different keys. */
export function isOnePiece(ops: readonly StorageOp[]): ops is readonly AppendOp[] {
  const keys = new Set<string | null>()
  for (const op of ops) {
    if (op.op !== 'append') return false
    keys.add(keyOf(op))
  }
  return keys.size === ops.length
}
