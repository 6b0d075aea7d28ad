// Appends on their way to the append function, and back.
import type { AppendOp, OpResults, RefusedResult } from '@rookery/core'
import { flag } from '../../rows/codes.js'
import { packMentions } from '../../rows/mentions.js'
import { int4Array, int8Array, numbersOf, textArray } from '../arrays.js'
import type { Step } from '../link.js'
import { callFlag } from '../migrations/append-function.js'
import { Names } from './names.js'
import type { Known } from './known.js'

/** Parameters of the append function, in its order. */
export const appendTypes = [
  ...['text[]', 'text[]', 'text[]', 'int[]', 'int[]', 'int[]', 'int[]', 'bigint[]', 'text[]', 'text[]'],
  ...['text[]', 'text[]', 'text[]', 'text[]', 'text[]', 'text[]', 'bigint[]', 'bigint[]', 'int[]', 'int[]'],
]

export function appendStep(ops: readonly AppendOp[], known: Known): Step {
  const conversations = new Names()
  const users = new Names()
  const ofConversation: number[] = []
  const senders: number[] = []
  const recipients: number[] = []
  const flags: number[] = []
  const memberOps: number[] = []
  const memberUsers: number[] = []
  for (const [index, { message, members, movesPosition }] of ops.entries()) {
    ofConversation.push(conversations.add(message.conversationId))
    senders.push(message.from === null ? -1 : users.add(message.from))
    recipients.push(message.to === null ? -1 : users.add(message.to))
    flags.push(flagsOf(message, members.length, movesPosition))
    for (const userId of members) {
      memberOps.push(index + 1)
      memberUsers.push(users.add(userId))
    }
  }
  conversations.sort()
  users.sort()
  const messages = ops.map((op) => op.message)
  return {
    statement: 'append',
    values: [
      textArray(conversations.sorted),
      textArray(users.sorted),
      textArray(known.unmet(users.sorted)),
      int4Array(conversations.ranks(ofConversation)),
      int4Array(users.ranks(senders)),
      int4Array(users.ranks(recipients)),
      int4Array(flags),
      int8Array(messages.map((message) => message.serverTime)),
      textArray(messages.map((message) => message.type)),
      textArray(messages.map((message) => message.content)),
      textArray(messages.map((message) => message.msgId)),
      textArray(messages.map((message) => message.clientMsgId)),
      textArray(messages.map((message) => message.digest)),
      textArray(messages.map((message) => message.subject)),
      textArray(seldom(messages.map((message) => message.ext))),
      textArray(seldom(messages.map((message) => packMentions(message.mentions)))),
      int8Array(seldom(messages.map((message) => message.clientTime))),
      int8Array(seldom(messages.map((message) => message.replyTo))),
      int4Array(memberOps),
      int4Array(users.ranks(memberUsers)),
    ],
  }
}

/** What no operation has is an empty list, which reads as nothing everywhere. */
const seldom = <T>(values: readonly (T | null)[]): readonly (T | null)[] =>
  values.every((value) => value === null) ? [] : values

function flagsOf(message: AppendOp['message'], members: number, movesPosition: boolean): number {
  let flags = 0
  if (message.countable) flags |= flag.countable
  if (message.silent) flags |= flag.silent
  if (message.viaServer) flags |= flag.viaServer
  if (message.from !== null && movesPosition) flags |= callFlag.moves
  else if (message.countable && message.from !== null) flags |= flag.exceptional
  if (message.kind === 'c2c' && (members === 1 || members === 2)) flags |= callFlag.makes
  return flags
}

type KnownTuple = readonly [number, string, string | null, string | null, number | null, number]

export function appendResults(
  ops: readonly AppendOp[],
  row: readonly (string | null)[] | undefined,
): (OpResults['append'] | RefusedResult)[] {
  const [seqs, ordinals, places, repeats] = row ?? []
  if (typeof seqs !== 'string' || typeof ordinals !== 'string' || typeof places !== 'string') {
    throw new Error('the append function answered no row')
  }
  const ofSeqs = numbersOf(seqs)
  const ofOrdinals = numbersOf(ordinals)
  const ofPlaces = numbersOf(places)
  const known = new Map<number, KnownTuple>()
  if (repeats) for (const tuple of JSON.parse(repeats) as KnownTuple[]) known.set(tuple[0], tuple)
  let member = 0
  return ops.map((op, index) => {
    const begin = member
    member += op.members.length
    const seq = ofSeqs[index]
    if (seq === null || seq === undefined) {
      return { status: 'refused', error: new Error(`no conversation to append a ${op.message.kind} message to`) }
    }
    const repeat = known.get(index + 1)
    if (repeat) {
      const [, digest, msgId, conversationId, stored, serverTime] = repeat
      const place = { msgId: msgId ?? '', conversationId: conversationId ?? '', seq: stored ?? 0 }
      return { status: 'duplicate', digest, ...place, serverTime }
    }
    const inbox = ofPlaces.slice(begin, member) as number[]
    return { status: 'stored', seq, ordinal: ofOrdinals[index] as number, inbox }
  })
}
