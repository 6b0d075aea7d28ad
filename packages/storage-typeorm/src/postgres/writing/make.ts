// The c2c conversations that a batch may have to make: the parameters of the function that makes them.
import type { AppendOp, StorageOp } from '@rookery/core'
import { int8Array, textArray } from '../arrays.js'
import type { Step } from '../link.js'
import type { Known } from './known.js'

/** Parameters of the make function, in its order. */
export const makeTypes = ['text[]', 'text[]', 'text[]', 'text[]', 'bigint[]', 'text[]', 'text[]', 'text[]']

/** Whether the operation makes its conversation where there is none. */
export const makes = ({ message, members, version }: AppendOp): boolean =>
  message.kind === 'c2c' && version === undefined && (members.length === 1 || members.length === 2)

/** Null where every conversation that it may have to make is known to exist. */
export function makingOf(ops: readonly StorageOp[], users: readonly string[], known: Known): Step | null {
  const makers = ops
    .filter((op) => op.op === 'append')
    .filter((op) => makes(op) && known.conversations([op.message.conversationId]) === null)
    .toSorted(byConversation)
  if (makers.length === 0) return null
  return {
    statement: 'make',
    values: [
      textArray(makers.map((op) => op.message.conversationId)),
      textArray(makers.map((op) => op.members[0]!)),
      textArray(makers.map((op) => op.members.at(-1)!)),
      textArray(makers.map((op) => op.message.subject)),
      int8Array(makers.map((op) => op.message.serverTime)),
      textArray(makers.map((op) => op.message.from)),
      textArray(makers.map((op) => op.message.clientMsgId)),
      textArray(known.unmet(users)),
    ],
  }
}

// Ids are ASCII, for which this is the order of bytes.
function byConversation({ message: a }: AppendOp, { message: b }: AppendOp): number {
  if (a.conversationId === b.conversationId) return 0
  return a.conversationId < b.conversationId ? -1 : 1
}
