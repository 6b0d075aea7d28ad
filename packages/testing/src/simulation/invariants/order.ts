// Invariants 7 to 9: one order for all readers, which agrees with what the sender knew when it sent.
import { type ErrorCode, mayBeTriedAgain } from '@rookery/core'
import type { Invariants } from './invariants.js'
import type { WireMessage } from '../history.js'
import { keyOf, messagesOf, pairOf, type Observed, type ObservedRequest } from '../observed.js'

export const checkOrder: Invariants = (observed, report, { resendMs }) => {
  // 7: a place in a conversation holds one message, for every reader.
  const at = new Map<string, string>()
  for (const { user, message } of observed.messages) {
    const place = `${message.conversationId} ${message.seq}`
    const other = at.get(place)
    if (other !== undefined && other !== message.msgId) report(7, `${user} was given another message at ${place}`)
    at.set(place, message.msgId)
  }
  for (const [user, entries] of observed.inboxes) {
    const last = new Map<string, number>()
    for (const { conversationId, seq } of messagesOf(entries)) {
      if (seq <= (last.get(conversationId) ?? 0)) report(7, `${user} has ${conversationId} ${seq} out of order`)
      last.set(conversationId, seq)
    }
  }
  const places = placesOf(observed)
  knownBefore(observed, places, report)
  // 9: what one device sent to a conversation, in the order of first attempts.
  const mayHaveBeenRefused = lateGrants(observed)
  const holdMayBeOver = heldLongEnough(observed, resendMs)
  const lastSent = new Map<string, { seq: number; first: ObservedRequest }>()
  for (const { first, seq } of firstAttempts(observed, places)) {
    if (seq === undefined) continue
    const { connection, body } = first
    const order = `${connection.user} ${connection.device} ${pairOf(first)}`
    const before = lastSent.get(order)
    const isTurned = before !== undefined && before.seq > seq
    if (isTurned && !mayHaveBeenRefused(before.first, seq) && !holdMayBeOver(before.first, first))
      report(
        9,
        `${connection.device} sent ${before.first.body.clientMsgId} before ${body.clientMsgId}, stored as ${before.seq} and ${seq}`,
      )
    lastSent.set(order, { seq, first })
  }
}

/**
 * Tells whether the server may have refused one attempt of an earlier message for good, because its sender lacked a
 * right that it received before `seq`. All attempts of one key belong together: one whose answer was lost, one that a
 * paused node performed late, and one that was refused elsewhere. The message is stored by the attempt that is allowed,
 * and has its place from then on.
 */
function lateGrants({ messages }: Observed): (earlier: ObservedRequest, seq: number) => boolean {
  /** By group: the messages that let a user send, with the place in the history where each was first seen. */
  const grants = new Map<string, Map<number, { readonly index: number; readonly message: WireMessage }>>()
  for (const { index, message } of messages) {
    if (message.type !== 'im.group') continue
    const ofGroup = grants.get(message.conversationId) ?? new Map<number, never>()
    grants.set(message.conversationId, ofGroup)
    const known = ofGroup.get(message.seq)
    if (known === undefined || index < known.index) ofGroup.set(message.seq, { index, message })
  }
  return ({ index, body, connection, event }, seq) =>
    event === 'c2g' &&
    [...(grants.get(body.to)?.values() ?? [])].some(
      (grant) => grant.message.seq < seq && grant.index > index && letsSpeak(grant.message, connection.user),
    )
}

/**
 * Tells whether the server may have refused an earlier message for so long that it held back nothing any more when a
 * later one was stored. Only the server knows when it first refused: not before the first attempt without a good
 * answer. The later message was stored no later than the time at which any client heard of it.
 *
 * A message that was only held back holds others back as long as what held it back. So its time is over, too, if each of
 * its refusals may have come from a message before it whose hold is over.
 */
function heldLongEnough({ keys, messages, history }: Observed, resendMs: number) {
  const heardAtMs = new Map<string, number>()
  const hear = (key: string, atMs: number): unknown =>
    heardAtMs.set(key, Math.min(atMs, heardAtMs.get(key) ?? Infinity))
  for (const [key, { sends }] of keys) for (const { answer } of sends) if (answer?.ok === true) hear(key, answer.atMs)
  for (const { message, index } of messages) hear(keyOf(message.from, message.clientMsgId), history[index]!.atMs)
  const nameOf = ({ connection, body }: ObservedRequest): string => keyOf(connection.user, body.clientMsgId)
  const refusalsOf = (one: ObservedRequest): ObservedRequest[] =>
    keys.get(nameOf(one))?.sends.filter(mayHaveHeldBack) ?? []
  const firsts = [...keys.values()].map(({ sends }) => sends[0]!)
  return (earlier: ObservedRequest, later: ObservedRequest): boolean => {
    const atMs = heardAtMs.get(nameOf(later)) ?? -Infinity
    const isOver = ([refused]: readonly ObservedRequest[]): boolean =>
      refused !== undefined && refused.atMs + resendMs <= atMs
    const refusals = refusalsOf(earlier).filter((refusal) => refusal.atMs <= atMs)
    if (refusals.length === 0 || isOver(refusals)) return isOver(refusals)
    const before = firsts.filter((one) => one.index < earlier.index && isSameOrder(one, earlier))
    const holds = before.map(refusalsOf).filter(isOver)
    return refusals.every((refusal) => holds.some(([held]) => mayHold(held!, refusal, resendMs)))
  }
}

/** Tells whether a refusal may have come while the first refusal of another message held it back. */
const mayHold = (held: ObservedRequest, refusal: ObservedRequest, resendMs: number): boolean =>
  held.atMs <= (refusal.answer?.atMs ?? Infinity) && refusal.atMs <= (held.answer?.atMs ?? Infinity) + resendMs

const isSameOrder = (a: ObservedRequest, b: ObservedRequest): boolean =>
  a.connection.user === b.connection.user && a.connection.device === b.connection.device && pairOf(a) === pairOf(b)

/** Every answer that may be tried again holds back what follows, also one that says that nothing was stored. */
const mayHaveHeldBack = ({ answer }: ObservedRequest): boolean =>
  answer === null || (!answer.ok && mayBeTriedAgain(answer.code as ErrorCode))

function letsSpeak({ content }: WireMessage, user: string): boolean {
  const { event, userIds, until } = (content ?? {}) as { event?: string; userIds?: readonly string[]; until?: number }
  const isMeant = userIds?.includes(user) === true
  if (event === 'muted') return until === 0 && (userIds === undefined || isMeant)
  return (event === 'created' || event === 'added' || event === 'role') && isMeant
}

/** The place of each key: from what clients received, or from its acknowledgement. */
function placesOf({ messages, keys }: Observed): Map<string, number> {
  const places = new Map<string, number>()
  for (const [name, { sends }] of keys)
    for (const { answer } of sends) if (answer?.ok === true) places.set(name, answer.data.seq)
  for (const { from, clientMsgId, seq, type } of messages.map(({ message }) => message))
    if (!type.startsWith('im.')) places.set(keyOf(from, clientMsgId), seq)
  return places
}

const firstAttempts = ({ keys }: Observed, places: ReadonlyMap<string, number>) =>
  [...keys.values()]
    .map(({ user, key, sends }) => ({ first: sends[0]!, seq: places.get(keyOf(user, key)) }))
    .sort((a, b) => a.first.index - b.first.index)

/** 8: what was acknowledged before a client sent something comes before it. */
function knownBefore(
  observed: Observed,
  places: ReadonlyMap<string, number>,
  report: (invariant: number, what: string) => void,
): void {
  const steps: { index: number; send: ObservedRequest; isAck: boolean; seq: number }[] = []
  for (const { first, seq } of firstAttempts(observed, places))
    if (seq !== undefined) steps.push({ index: first.index, send: first, isAck: false, seq })
  for (const { sends } of observed.keys.values())
    for (const send of sends)
      if (send.answer?.ok === true)
        steps.push({ index: send.answer.index, send, isAck: true, seq: send.answer.data.seq })
  steps.sort((a, b) => a.index - b.index)
  const acknowledged = new Map<string, number>()
  for (const { send, isAck, seq } of steps) {
    const { body } = send
    const pair = pairOf(send)
    const before = acknowledged.get(pair) ?? 0
    if (isAck) acknowledged.set(pair, Math.max(before, seq))
    else if (seq <= before) report(8, `${body.clientMsgId} became ${seq}, sent after ${before} was acknowledged`)
  }
}
