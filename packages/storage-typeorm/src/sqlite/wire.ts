// The messages between the threads: JSON text, with appends as plain arrays. This costs the main thread a third of
// cloning the objects.
import type { AppendOp, ResultsOf, StorageOp } from '@rookery/core'
import { flag } from '../rows/codes.js'

/** A call to a thread. `text` is the input of the work that `work` names. */
export interface Call {
  readonly id: number
  readonly work: string
  readonly text: string
}

export type Reply =
  | { readonly id: number; readonly text: string }
  | { readonly id: number; readonly message: string; readonly outcome: 'none' | 'unknown' }

type PackedOp = readonly unknown[] | StorageOp

export const packOps = (ops: readonly StorageOp[]): string => JSON.stringify(ops.map(packOp))

export const unpackOps = (text: string): StorageOp[] =>
  (JSON.parse(text) as PackedOp[]).map((op) => (Array.isArray(op) ? unpackAppend(op) : (op as StorageOp)))

function packOp(op: StorageOp): PackedOp {
  if (op.op !== 'append') return op
  const m = op.message
  const flags = (m.countable ? flag.countable : 0) | (m.silent ? flag.silent : 0) | (m.viaServer ? flag.viaServer : 0)
  return [
    m.msgId,
    m.clientMsgId,
    m.conversationId,
    m.kind,
    m.from,
    m.to,
    m.subject,
    m.type,
    m.content,
    m.ext,
    m.replyTo,
    flags,
    m.mentions,
    m.clientTime,
    m.serverTime,
    m.digest,
    op.members,
    op.movesPosition ? 1 : 0,
    op.version ?? null,
  ]
}

function unpackAppend(a: readonly unknown[]): AppendOp {
  const flags = a[11] as number
  const message = {
    msgId: a[0],
    clientMsgId: a[1],
    conversationId: a[2],
    kind: a[3],
    from: a[4],
    to: a[5],
    subject: a[6],
    type: a[7],
    content: a[8],
    ext: a[9],
    replyTo: a[10],
    silent: (flags & flag.silent) !== 0,
    mentions: a[12],
    viaServer: (flags & flag.viaServer) !== 0,
    countable: (flags & flag.countable) !== 0,
    clientTime: a[13],
    serverTime: a[14],
    digest: a[15],
  } as AppendOp['message']
  const given = { message, members: a[16] as string[], movesPosition: a[17] === 1 }
  return a[18] === null ? { op: 'append', ...given } : { op: 'append', ...given, version: a[18] as number }
}

/** A packed result: `[seq, ordinal, ...inbox]` for a stored message, the reason of a refusal, or the result itself. */
type PackedResult = readonly number[] | { readonly refused: string } | object

export function packResults(results: ResultsOf<readonly StorageOp[]>): string {
  const packed = results.map((result): PackedResult => {
    if (result.status === 'stored' && !('facts' in result)) return [result.seq, result.ordinal, ...result.inbox]
    if (result.status === 'refused') return { refused: result.error.message }
    return result
  })
  return JSON.stringify(packed)
}

export function unpackResults(text: string): unknown[] {
  return (JSON.parse(text) as PackedResult[]).map((result) => {
    if (Array.isArray(result)) {
      const [seq, ordinal, ...inbox] = result as number[]
      return { status: 'stored', seq, ordinal, inbox }
    }
    if ('refused' in result) return { status: 'refused', error: new Error(result.refused) }
    return result
  })
}
