// Appends to conversations and users whose rows are known: the parameters of the function for them, and its answer.
import type { AppendOp, OpResults } from '@rookery/core'
import { flag } from '../../rows/codes.js'
import { int4Array, int8Array, numbersOf, textArray } from '../arrays.js'
import { callFlag } from '../migrations/append-function.js'
import { flagsOfCall } from './append.js'
import { Inboxes } from './inboxes.js'
import type { Known } from './known.js'
import { messageLists, messageTypes, seldom } from '../message-lists.js'
import { Names } from './names.js'
import type { Piece, Row } from './piece.js'
import { Raises, type Moves } from './raises.js'

/** Parameters of the function, in its order. */
export const appendKnownTypes = [
  ...['bigint[]', 'text[]', 'int[]', 'int[]', 'int[]', 'bigint[]', 'bigint[]'],
  ...['int[]', 'int[]', 'int[]', 'int[]', 'int[]', 'int[]'],
  ...['bigint[]', 'text[]', 'int[]', 'int[]', 'int[]'],
  ...['int[]', 'int[]', 'int[]', 'int[]'],
  ...['int[]', 'int[]', 'int[]', 'int[]', 'int[]', 'int[]'],
  ...messageTypes,
]

/** A counted batch. Each conversation and user has the number that `Names` gave it. */
interface Counted {
  readonly ops: readonly AppendOp[]
  readonly conversations: Names
  readonly users: Names
  readonly inboxes: Inboxes
  readonly raises: Raises
  /** For each operation; -1 for nobody. */
  readonly conversationOf: readonly number[]
  readonly senderOf: readonly number[]
  readonly recipientOf: readonly number[]
  readonly flagsOf: readonly number[]
}

/** Null where a row is unknown, or the operations on one conversation are more than the function can take. */
export function appendKnownPiece(ops: readonly AppendOp[], known: Known): Piece | null {
  const counted = countOut(ops)
  if (counted === null) return null
  const conversationIds = known.conversations(counted.conversations.sorted)
  const userIds = conversationIds && known.users(counted.users.sorted)
  if (conversationIds === null || userIds === null) return null
  return {
    step: { statement: 'append-known', values: valuesOf(counted, conversationIds, userIds) },
    results: (row) => resultsOf(counted, row),
  }
}

function countOut(ops: readonly AppendOp[]): Counted | null {
  const [conversations, users, inboxes, raises] = [new Names(), new Names(), new Inboxes(), new Raises()]
  const conversationOf: number[] = []
  const senderOf: number[] = []
  const recipientOf: number[] = []
  const flagsOfOps: number[] = []
  for (const [index, { message, members, movesPosition, version }] of ops.entries()) {
    const conversation = conversations.add(message.conversationId)
    const sender = message.from === null ? -1 : users.add(message.from)
    const flags = flagsOfCall(message, movesPosition)
    conversationOf.push(conversation)
    senderOf.push(sender)
    recipientOf.push(message.to === null ? -1 : users.add(message.to))
    flagsOfOps.push(flags & ~callFlag.moves)
    inboxes.add(index, members, users)
    const countedAt = (flags & flag.countable) === 0 ? null : message.serverTime
    if (!raises.add(conversation, version ?? null, countedAt)) return null
    if ((flags & callFlag.moves) === 0) continue
    if (message.kind !== 'c2c') raises.moveMember(conversation, sender)
    else if (!raises.moveOneOfTwo(conversation, sender)) return null
  }
  conversations.sort()
  users.sort()
  return { ops, conversations, users, inboxes, raises, conversationOf, senderOf, recipientOf, flagsOf: flagsOfOps }
}

function valuesOf(counted: Counted, conversationIds: readonly number[], userIds: readonly number[]): readonly Buffer[] {
  const { ops, conversations, users, inboxes, raises } = counted
  const { froms, tos, places } = inboxes.stretches(userIds.length)
  return [
    int8Array(conversationIds),
    textArray(conversations.sorted),
    int4Array(conversations.inOrder(raises.messages)),
    int4Array(conversations.inOrder(raises.counted)),
    int4Array(conversations.inOrder(raises.lastCounted)),
    int8Array(conversations.inOrder(raises.lastCountedAt)),
    int8Array(seldom(conversations.inOrder(raises.versions))),
    ...movesOf(raises.first, conversations, users),
    ...movesOf(raises.second, conversations, users),
    int8Array(userIds),
    textArray(users.sorted),
    int4Array(users.inOrder(froms)),
    int4Array(users.inOrder(tos)),
    int4Array(places),
    int4Array(users.ranks(raises.ofMembers.users)),
    int4Array(conversations.ranks(raises.conversationsOfMembers)),
    int4Array(raises.ofMembers.ranks),
    int4Array(raises.ofMembers.counts),
    int4Array(conversations.ranks(counted.conversationOf)),
    int4Array(raises.ranks),
    int4Array(raises.counts),
    int4Array(users.ranks(counted.senderOf)),
    int4Array(users.ranks(counted.recipientOf)),
    int4Array(counted.flagsOf),
    ...messageLists(ops.map((op) => op.message)),
  ]
}

function movesOf(moves: Moves, conversations: Names, users: Names): readonly Buffer[] {
  if (moves.users.every((user) => user === -1)) return [int4Array([]), int4Array([]), int4Array([])]
  return [
    int4Array(conversations.inOrder(users.ranks(moves.users))),
    int4Array(conversations.inOrder(moves.ranks)),
    int4Array(conversations.inOrder(moves.counts)),
  ]
}

function resultsOf(
  { ops, conversations, users, inboxes, raises, conversationOf }: Counted,
  row: Row,
): OpResults['append'][] {
  const [seqs, counts, heads] = row ?? []
  if (typeof seqs !== 'string' || typeof counts !== 'string') throw new Error('the append function answered no row')
  const seqBefore = conversations.byNumber(numbersOf(seqs) as number[])
  const countBefore = conversations.byNumber(numbersOf(counts) as number[])
  /** The end of each user's inbox, counted up. */
  const ends = users.byNumber(numbersOf(heads ?? '{}') as number[])
  return ops.map((_, index) => {
    const conversation = conversationOf[index]!
    return {
      status: 'stored',
      seq: seqBefore[conversation]! + raises.ranks[index]!,
      ordinal: countBefore[conversation]! + raises.counts[index]!,
      inbox: inboxes.of(index).map((user) => (ends[user] = ends[user]! + 1)),
    }
  })
}
