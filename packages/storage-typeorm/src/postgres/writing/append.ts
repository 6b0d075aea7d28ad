// Appends: the parameters of the append function, and its answer.
import type { AppendOp, NewMessage, OpResults, RefusedResult } from '@rookery/core'
import { flagsOf } from '../../rows/flags.js'
import { int4Array, int8Array, numbersOf, textArray } from '../arrays.js'
import type { Step } from '../link.js'
import { callFlag, unstored } from '../migrations/append-function.js'
import { Inboxes } from './inboxes.js'
import type { Known } from './known.js'
import { makes } from './make.js'
import { messageLists, messageTypes, seldom } from '../message-lists.js'
import { Names } from './names.js'
import type { Piece, Row } from './piece.js'

/** Parameters of the append function, in its order. */
export const appendTypes = [
  ...['text[]', 'text[]', 'text[]', 'int[]', 'int[]', 'int[]', 'int[]', 'int[]', 'int[]', 'int[]'],
  'bigint[]',
  ...messageTypes,
]

/** @param needed conversations to which a later piece of the same batch appends */
export function appendPiece(ops: readonly AppendOp[], known: Known, needed: ReadonlySet<string>): Piece {
  const conversations = new Names()
  const users = new Names()
  const inboxes = new Inboxes()
  const ofConversation: number[] = []
  const senders: number[] = []
  const recipients: number[] = []
  const flags: number[] = []
  for (const [index, op] of ops.entries()) {
    const { message, members, movesPosition } = op
    ofConversation.push(conversations.add(message.conversationId))
    senders.push(message.from === null ? -1 : users.add(message.from))
    recipients.push(message.to === null ? -1 : users.add(message.to))
    const isNeeded = needed.has(message.conversationId)
    flags.push(flagsOfCall(message, movesPosition) | (makes(op) ? callFlag.made : 0) | (isNeeded ? callFlag.needed : 0))
    inboxes.add(index, members, users)
  }
  conversations.sort()
  users.sort()
  const { classes, ends, places } = inboxes.classes(users.sorted.length)
  const step: Step = {
    statement: 'append',
    values: [
      textArray(conversations.sorted),
      textArray(users.sorted),
      textArray(known.unmet(users.sorted)),
      int4Array(users.inOrder(classes)),
      int4Array(ends),
      int4Array(places),
      int4Array(conversations.ranks(ofConversation)),
      int4Array(users.ranks(senders)),
      int4Array(users.ranks(recipients)),
      int4Array(flags),
      int8Array(seldom(ops.map((op) => op.version ?? null))),
      ...messageLists(ops.map((op) => op.message)),
    ],
  }
  return {
    step,
    results: (row) => appendResults(ops, row, inboxes, users),
    learn: (row, into) => {
      const [, , , , conversationIds, userIds] = row ?? []
      if (conversationIds) into.metConversations(conversations.sorted, numbersOf(conversationIds) as number[])
      if (userIds) into.metUsers(users.sorted, numbersOf(userIds) as number[])
    },
  }
}

/** The flags of the row, and the additional flags that the function takes. */
export const flagsOfCall = (message: NewMessage, movesPosition: boolean): number =>
  flagsOf(message, movesPosition) | (message.from !== null && movesPosition ? callFlag.moves : 0)

type KnownTuple = readonly [number, string, string | null, string | null, number | null, number]

function appendResults(
  ops: readonly AppendOp[],
  row: Row,
  inboxes: Inboxes,
  users: Names,
): (OpResults['append'] | RefusedResult)[] {
  const [seqs, ordinals, heads, repeats] = row ?? []
  if (typeof seqs !== 'string' || typeof ordinals !== 'string') {
    throw new Error('the append function answered no row')
  }
  const ofSeqs = numbersOf(seqs)
  const ofOrdinals = numbersOf(ordinals)
  /** The end of each user's inbox, by the user's number. */
  const ends = users.byNumber(numbersOf(heads ?? '{}') as number[])
  const known = new Map<number, KnownTuple>()
  if (repeats) for (const tuple of JSON.parse(repeats) as KnownTuple[]) known.set(tuple[0], tuple)
  return ops.map((op, index) => {
    const seq = ofSeqs[index]
    if (seq === null || seq === undefined) {
      return { status: 'refused', error: new Error(`no conversation to append a ${op.message.kind} message to`) }
    }
    if (seq === unstored.stale) return { status: 'stale' }
    const repeat = known.get(index + 1)
    if (repeat) {
      const [, digest, msgId, conversationId, stored, serverTime] = repeat
      const place = { msgId: msgId ?? '', conversationId: conversationId ?? '', seq: stored ?? 0 }
      return { status: 'duplicate', digest, ...place, serverTime }
    }
    const inbox = inboxes.of(index).map((user) => (ends[user] = (ends[user] as number) + 1))
    return { status: 'stored', seq, ordinal: ofOrdinals[index] as number, inbox }
  })
}
