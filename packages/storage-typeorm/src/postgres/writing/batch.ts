// A batch as it goes out: locks, then its pieces one after another, all in one round trip and one transaction.
import type { AppendOp, RefusedResult, StorageOp, StorageResult } from '@rookery/core'
import { int8Array, textArray } from '../arrays.js'
import type { Answer, Step } from '../link.js'
import { appendResults, appendStep } from './append.js'
import type { Known } from './known.js'
import { applyResults, applyStep, type OtherOp } from './others.js'
import { segmentsOf } from './segments.js'

export type Results = (StorageResult | RefusedResult)[]

/** Parameters of the lock function, in its order. */
export const lockTypes = ['text[]', 'text[]', 'text[]', 'text[]', 'text[]', 'bigint[]', 'bigint[]']

export interface Batch {
  readonly steps: readonly Step[]
  /** Users who have a row once it is committed. */
  readonly users: readonly string[]
  /** What the steps answered, for each operation in the order given. */
  results(answer: Answer): Results
}

export function batchOf(ops: readonly StorageOp[], known: Known): Batch {
  const segments = segmentsOf(ops).map(({ appends, places }) => ({
    appends,
    places,
    ops: places.map((at) => ops[at]!),
  }))
  const users = usersOf(ops)
  // The append function takes its own locks; where there is more, everything is locked before anything is done.
  const locks = segments.length > 1 || !segments[0]?.appends ? [locksOf(ops, known)] : []
  const steps = segments.map((segment) =>
    segment.appends ? appendStep(segment.ops as AppendOp[], known) : applyStep(segment.ops as OtherOp[]),
  )
  return {
    steps: [...locks, ...steps],
    users,
    results(answer) {
      const results = new Array<StorageResult | RefusedResult>(ops.length)
      for (const [index, { appends, places, ops: those }] of segments.entries()) {
        const row = answer[index + locks.length]?.[0]
        const found = appends ? appendResults(those as AppendOp[], row) : applyResults(those as OtherOp[], row)
        for (const [at, place] of places.entries()) results[place] = found[at] as StorageResult | RefusedResult
      }
      return results
    },
  }
}

/** Users who get a row where they have none. */
function rowsFor(op: StorageOp): readonly string[] {
  if (op.op !== 'append') return op.op === 'custom' || op.op === 'device' || op.op === 'raise-login' ? [op.userId] : []
  const { from, to } = op.message
  return [from, to, ...op.members].filter((userId) => userId !== null)
}

function usersOf(ops: readonly StorageOp[]): readonly string[] {
  const users = new Set<string>()
  for (const op of ops) for (const userId of rowsFor(op)) users.add(userId)
  return [...users]
}

/** Locks every row of a batch, and makes the users' rows that may be missing. */
export function locksOf(ops: readonly StorageOp[], known: Known): Step {
  const conversations = new Set<string>()
  const made = usersOf(ops)
  const users = new Set(made)
  const acknowledged = ops.flatMap((op) => (op.op === 'device' && op.delivered ? [{ ...op.delivered, ...op }] : []))
  for (const op of ops) {
    if (op.op === 'append') conversations.add(op.message.conversationId)
    else users.add(op.userId)
    if (op.op === 'read' || op.op === 'settings') conversations.add(op.conversationId)
  }
  return {
    statement: 'lock',
    values: [
      textArray([...conversations]),
      textArray([...users]),
      textArray(known.unmet(made)),
      textArray(acknowledged.map((op) => op.userId)),
      textArray(acknowledged.map((op) => op.deviceId)),
      int8Array(acknowledged.map((op) => op.from)),
      int8Array(acknowledged.map((op) => op.to)),
    ],
  }
}
