// A batch as the storage sends it: it makes missing conversations, takes locks, then runs its pieces one after another,
// all in one round trip and one transaction.
import type { AppendOp, RefusedResult, StorageOp, StorageResult } from '@rookery/core'
import { int8Array, textArray } from '../arrays.js'
import type { Answer, Step } from '../link.js'
import { appendPiece } from './append.js'
import { appendKnownPiece } from './append-known.js'
import type { Known } from './known.js'
import { makingOf } from './make.js'
import { isWhole, usersMade, usersNamed } from '../../rows/named.js'
import { applyPiece, type OtherOp } from './others.js'
import type { Piece } from './piece.js'
import { isOnePiece, segmentsOf, type Segment } from './segments.js'

export type Results = (StorageResult | RefusedResult)[]

/** Parameters of the lock function, in its order. */
export const lockTypes = ['text[]', 'text[]', 'text[]', 'text[]', 'text[]', 'text[]', 'bigint[]', 'bigint[]']

export interface Batch {
  readonly steps: readonly Step[]
  /** Decodes the steps' answers into results, in the order of the operations. */
  results(answer: Answer): Results
  /** Called after the commit. It notes the rows that the batch found or made. */
  learn(answer: Answer, known: Known): void
}

/**
 * The fastest way to carry out a batch in which only the messages are new; null for another batch. The database refuses
 * it where this is not true.
 */
export function quickBatchOf(ops: readonly StorageOp[], known: Known): Batch | null {
  if (!isOnePiece(ops)) return null
  const piece = appendKnownPiece(ops, known)
  if (piece === null) return null
  return { steps: [piece.step], results: (answer) => piece.results(answer[0]?.[0]), learn: () => {} }
}

export function batchOf(ops: readonly StorageOp[], known: Known): Batch {
  const segments = segmentsOf(ops)
  const pieces: (Piece & Segment)[] = segments.map(({ appends, places }, index) => {
    const those = places.map((at) => ops[at]!)
    if (!appends) return { appends, places, ...applyPiece(those as OtherOp[]) }
    return { appends, places, ...appendPiece(those as AppendOp[], known, appendedIn(segments.slice(index + 1), ops)) }
  })
  // The append function takes its own locks. A batch with other operations locks everything first.
  const locks = pieces.length > 1 || !pieces[0]?.appends ? [locksOf(ops, known)] : []
  const users = usersOf(ops)
  const making = makingOf(ops, users, known)
  const before = making === null ? locks : [making, ...locks]
  return {
    steps: [...before, ...pieces.map(({ step }) => step)],
    learn(answer, into) {
      into.met(users)
      for (const [index, piece] of pieces.entries()) piece.learn?.(answer[index + before.length]?.[0], into)
    },
    results(answer) {
      const results = new Array<StorageResult | RefusedResult>(ops.length)
      for (const [index, { places, results: read }] of pieces.entries()) {
        const found = read(answer[index + before.length]?.[0])
        for (const [at, place] of places.entries()) results[place] = found[at] as StorageResult | RefusedResult
      }
      return results
    },
  }
}

/** Conversations to which something in these segments appends. */
function appendedIn(segments: readonly Segment[], ops: readonly StorageOp[]): ReadonlySet<string> {
  const appended = new Set<string>()
  for (const { appends, places } of segments)
    if (appends) for (const place of places) appended.add((ops[place] as AppendOp).message.conversationId)
  return appended
}

function usersOf(ops: readonly StorageOp[]): readonly string[] {
  const users = new Set<string>()
  for (const op of ops) for (const userId of usersMade(op)) users.add(userId)
  return [...users]
}

/** Locks every row of a batch, and makes the users' rows that may be missing. */
export function locksOf(ops: readonly StorageOp[], known: Known): Step {
  const conversations = new Set<string>()
  const made = usersOf(ops)
  const users = new Set(made)
  const whole: string[] = []
  const acknowledged = ops.flatMap((op) => (op.op === 'device' && op.delivered ? [{ ...op.delivered, ...op }] : []))
  for (const op of ops) {
    if ('message' in op) conversations.add(op.message.conversationId)
    if (op.op === 'read' || op.op === 'settings') conversations.add(op.conversationId)
    if (op.op !== 'append') for (const userId of usersNamed(op)) users.add(userId)
    if (op.op === 'group' && isWhole(op)) whole.push(op.message.conversationId)
  }
  return {
    statement: 'lock',
    values: [
      textArray([...conversations]),
      textArray([...users]),
      textArray(known.unmet(made)),
      textArray(whole),
      textArray(acknowledged.map((op) => op.userId)),
      textArray(acknowledged.map((op) => op.deviceId)),
      int8Array(acknowledged.map((op) => op.from)),
      int8Array(acknowledged.map((op) => op.to)),
    ],
  }
}
