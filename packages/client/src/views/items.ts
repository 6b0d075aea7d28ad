// A row of a message list, as it is shown.
import type { Message } from '@rookery/protocol'
import { isOwnSend } from '../engine/unread.js'
import type { ConversationRow, MessageRow, OutboxRow, SendFailure } from '../ports/rows.js'

/** `queued`: waits for a connection or its turn. `sent` and further: it is stored. `failed`: it was refused for good. */
export type SendState = 'queued' | 'sending' | 'sent' | 'delivered' | 'read' | 'failed'

/** One row. The object is the same as long as nothing of it changes. */
export interface Item {
  /** Stays the same while a message is sent and stored: the `clientMsgId` of one's own, the `msgId` of others. */
  readonly key: string
  /** Absent until it is stored. */
  readonly seq?: number
  readonly msgId?: string
  readonly from: string | null
  readonly isMine: boolean
  readonly type: string
  /** Absent where it was recalled or is withheld. */
  readonly content?: Readonly<Record<string, unknown>>
  readonly ext?: Readonly<Record<string, unknown>>
  readonly replyTo?: number
  readonly mentions?: readonly string[]
  /** When it was stored; of one that is not stored when it was written. Unix ms by the server's clock. */
  readonly at: number
  readonly editedAt?: number
  readonly isRecalled: boolean
  readonly isWithheld: boolean
  readonly reactions: Readonly<Record<string, number>>
  /** My own among them. */
  readonly mine: readonly string[]
  /** Of messages of mine. */
  readonly state?: SendState
  /** Of `failed`. */
  readonly error?: SendFailure
}

const none: Readonly<Record<string, number>> = {}

/** The state of a stored message of mine. */
export function storedState(message: Message, row: ConversationRow | undefined): SendState {
  if (message.seq <= (row?.peerReadSeq ?? 0)) return 'read'
  return message.seq <= (row?.peerDeliveredSeq ?? 0) ? 'delivered' : 'sent'
}

export function itemOfMessage({ message, mine }: MessageRow, me: string, state: SendState | undefined): Item {
  const { msgId, clientMsgId, seq, from, type, content, ext, replyTo, mentions, serverTime, editedAt } = message
  return {
    key: isOwnSend(message, me) ? clientMsgId : msgId,
    seq,
    msgId,
    from,
    isMine: from === me,
    type,
    ...(content !== undefined && { content }),
    ...(ext !== undefined && { ext }),
    ...(replyTo !== undefined && { replyTo }),
    ...(mentions !== undefined && { mentions }),
    at: serverTime,
    ...(editedAt !== undefined && { editedAt }),
    isRecalled: message.recalled === true,
    isWithheld: message.withheld === true,
    reactions: message.reactions ?? none,
    mine,
    ...(state !== undefined && { state }),
  }
}

export function itemOfOutgoing(row: OutboxRow, me: string, state: SendState): Item {
  const { clientMsgId, type, content, ext, replyTo, mentions, clientTime } = row.body
  return {
    key: clientMsgId,
    from: me,
    isMine: true,
    type,
    content,
    ...(ext !== undefined && { ext }),
    ...(replyTo !== undefined && { replyTo }),
    ...(mentions !== undefined && { mentions }),
    at: row.sent?.serverTime ?? clientTime,
    isRecalled: false,
    isWithheld: false,
    reactions: none,
    mine: [],
    state,
    ...(row.error !== undefined && { error: row.error }),
  }
}
