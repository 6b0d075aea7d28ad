// Operations other than appends: the parameters of the apply function, and its answer.
import type { ControlOp, GroupOp, OpResults, StorageOp, StorageResult } from '@rookery/core'
import { customBody } from '../../operations/custom.js'
import { flagsOf } from '../../rows/flags.js'
import { packMentions } from '../../rows/mentions.js'
import { int4Array, int8Array, textArray } from '../arrays.js'
import type { Step } from '../link.js'
import { operation } from '../migrations/operation-functions.js'
import type { Piece, Row } from './piece.js'

export type OtherOp = Exclude<StorageOp, { readonly op: 'append' }>

/** Parameters of the apply function, in its order. */
export const applyTypes = [
  ...['int[]', 'text[]', 'text[]', 'text[]', 'bigint[]', 'bigint[]', 'bigint[]', 'bigint[]', 'text[]', 'text[]'],
]

/** One operation's values in the apply function's lists. */
interface Lists {
  readonly kind: number
  readonly target?: string
  readonly body?: string
  readonly numbers?: readonly (number | null)[]
  readonly at?: number | null
  readonly key?: string
  readonly digest?: string
}

export const applyPiece = (ops: readonly OtherOp[]): Piece => ({
  step: applyStep(ops),
  results: (row) => applyResults(ops, row),
})

function applyStep(ops: readonly OtherOp[]): Step {
  const lists = ops.map(listsOf)
  const numbers = (place: number): Buffer => int8Array(lists.map((one) => one.numbers?.[place] ?? null))
  return {
    statement: 'apply',
    values: [
      int4Array(lists.map((one) => one.kind)),
      textArray(ops.map((op) => ('userId' in op ? op.userId : null))),
      textArray(lists.map((one) => one.target ?? null)),
      textArray(lists.map((one) => one.body ?? null)),
      numbers(0),
      numbers(1),
      numbers(2),
      int8Array(lists.map((one) => one.at ?? null)),
      textArray(lists.map((one) => one.key ?? null)),
      textArray(lists.map((one) => one.digest ?? null)),
    ],
  }
}

function listsOf(op: OtherOp): Lists {
  switch (op.op) {
    case 'read':
      return { kind: operation.read, target: op.conversationId, numbers: [op.seq], at: op.at }
    case 'settings': {
      const { conversationId: target, at, key } = op
      const numbers = [bit(op.pinned), bit(op.muted), bit(op.hidden)]
      const taken = key && { key: key.clientMsgId, digest: key.digest }
      return { kind: operation.settings, target, numbers, at, ...taken }
    }
    case 'custom':
      return {
        kind: operation.custom,
        body: customBody(op),
        at: op.at,
        ...(op.key === undefined ? {} : { key: op.key }),
      }
    case 'device': {
      const { deviceId: target, deviceType: body, delivered } = op
      const numbers = [delivered?.from ?? null, delivered?.to ?? null]
      return { kind: operation.device, target, body, numbers, at: op.seenAt ?? null }
    }
    case 'forget-device':
      return { kind: operation.forget, target: op.deviceId }
    case 'raise-login':
      return { kind: operation.raiseLogin }
    case 'push-register':
      return { kind: operation.pushRegister, target: op.deviceId, body: JSON.stringify(op) }
    case 'push-unregister':
      return { kind: operation.pushUnregister, target: op.deviceId, body: JSON.stringify(op.which ?? {}) }
    case 'push-claim':
    case 'pushed':
      return { kind: operation.pushChange, target: op.deviceId, body: JSON.stringify(op) }
    case 'control':
      return { kind: operation.control, body: specOf(op, op.change) }
    case 'group':
      return { kind: operation.group, body: specOf(op, { ...op.change, ...joining(op) }) }
  }
}

/** The message and its change, as the function for its kind takes them. Without a version, any version is right. */
const specOf = ({ message, version, members }: ControlOp | GroupOp, change: object): string =>
  JSON.stringify({
    ...message,
    mentions: packMentions(message.mentions),
    flags: flagsOf(message, false),
    version: version ?? null,
    members,
    change,
  })

/** Each user once: a user that is named again is a member already. */
function joining({ change: { join } }: GroupOp): Pick<GroupOp['change'], 'join'> {
  if (join === undefined) return {}
  const seen = new Set<string>()
  return { join: join.filter(({ userId }) => !seen.has(userId) && seen.add(userId)) }
}

const bit = (value: boolean | undefined): number | null => (value === undefined ? null : value ? 1 : 0)

function applyResults(ops: readonly OtherOp[], row: Row): StorageResult[] {
  const answers = JSON.parse(row?.[0] ?? '[]') as (readonly unknown[] | null)[]
  if (answers.length !== ops.length) throw new Error('the apply function answered another number of operations')
  return ops.map((op, index) => resultOf(op, answers[index] ?? null))
}

function resultOf(op: OtherOp, answer: readonly unknown[] | null): StorageResult {
  switch (op.op) {
    case 'forget-device':
    case 'push-register':
    case 'push-unregister':
    case 'pushed':
      return { status: 'ok' }
    case 'push-claim':
      return { status: 'ok', isClaimed: answer?.[0] === true }
    default:
      return answer === null ? { status: 'not-member' } : answeredOf(op, answer)
  }
}

type Answering = Exclude<
  OtherOp,
  { readonly op: 'forget-device' | 'push-register' | 'push-unregister' | 'push-claim' | 'pushed' }
>

function answeredOf(op: Answering, answer: readonly unknown[]): StorageResult {
  switch (op.op) {
    case 'read': {
      const [readSeq, unread, atSeq, inboxSeq] = answer as [number, number, number, number | null]
      return { status: 'ok', readSeq, unread, atSeq, inboxSeq }
    }
    case 'settings': {
      if (answer.length === 1) return { status: 'duplicate', digest: answer[0] as string }
      const [pinned, muted, hidden, inboxSeq] = answer as [boolean, boolean, boolean, number | null]
      return { status: 'ok', pinned, muted, hidden, inboxSeq }
    }
    case 'custom':
      return { status: 'ok', inboxSeq: answer[0] as number | null }
    case 'device': {
      const rose = answer as [string, string, number][]
      const delivered: OpResults['device']['delivered'] = rose.map(([conversationId, peerId, deliveredSeq]) => ({
        conversationId,
        peerId,
        deliveredSeq,
      }))
      return { status: 'ok', delivered }
    }
    case 'raise-login':
      return { status: 'ok', loginEpoch: answer[0] as number }
    // The functions answer these two in the port's own form.
    case 'control':
    case 'group':
      return answer as unknown as StorageResult
  }
}
