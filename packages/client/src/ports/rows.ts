// What a client keeps on its device, as rows.
import type { Conversation, ErrorCode, Message, Sent, Seq } from '@rookery/protocol'

type JsonObject = Readonly<Record<string, unknown>>

/** Who this device is, and how far it holds the inbox: one row. */
export interface MetaRow {
  readonly key: 'device'
  /** Lost with the storage: a device that lost its storage is a new one. */
  readonly deviceId: string
  readonly userId?: string
  /** Absent before the first login: the device follows from that login on. */
  readonly epoch?: string
  readonly seq: Seq
  /** The `at` of that entry, Unix ms; absent where it is not known. */
  readonly at?: number
  /** Whether the list of conversations was read since the storage began. */
  readonly isListed: boolean
}

/** A conversation timeline that this device follows. */
export interface TimelineRow {
  readonly conversationId: string
  /** The last message held. */
  readonly seq: Seq
  /** Nothing after it is for this user. */
  readonly end?: Seq
}

/** A conversation: what the server said of it last, and what came since. `unread` counts up to `atSeq`. */
export interface ConversationRow extends Conversation {
  readonly atSeq: Seq
  /** A read position that the server may not know yet. */
  readonly readTo?: Seq
  /** The numbers are not certain: the server is to be asked. */
  readonly isStale?: true
  /** This user is no member any more. */
  readonly isGone?: true
  /** The entry of the inbox that told last what this user set. */
  readonly flagsAt?: Seq
  /** When it was opened last, Unix ms. */
  readonly openedAt?: number
}

export interface MessageRow {
  readonly conversationId: string
  readonly seq: Seq
  readonly message: Message
  /** My own reactions to it. */
  readonly mine: readonly string[]
}

/** Every message from `from` to `to` that this user may read is held. */
export interface RangeRow {
  readonly conversationId: string
  readonly from: Seq
  readonly to: Seq
}

/** A recall, edit or reaction whose message is not held: an answer that is older may bring it. */
export interface ControlRow {
  readonly conversationId: string
  readonly target: Seq
  readonly seq: Seq
  readonly type: string
  readonly content: JsonObject
  readonly from: string | null
  readonly serverTime: number
}

/** A message that was not seen in its conversation yet. */
export interface OutboxRow {
  readonly clientMsgId: string
  /** Its conversation, as {@link keyOf} gives it: it may have no id yet. */
  readonly key: string
  /** Messages of one conversation are sent in this order. */
  readonly order: number
  readonly event: 'c2c' | 'c2g'
  readonly body: OutgoingBody
  readonly state: 'queued' | 'sent' | 'failed'
  readonly sent?: Sent
  readonly error?: SendFailure
  /** Keys of blobs that are uploaded before it is sent. */
  readonly files?: readonly string[]
}

/** Why a message was refused for good. */
export interface SendFailure {
  readonly code: ErrorCode
  readonly message: string
  readonly details?: unknown
}

export interface OutgoingBody {
  readonly clientMsgId: string
  readonly to: string
  readonly subject?: string
  readonly type: string
  readonly content: JsonObject
  readonly ext?: JsonObject
  readonly replyTo?: Seq
  readonly silent?: boolean
  readonly mentions?: readonly string[]
  /** Unix ms of the server's clock, as well as the client knows it. */
  readonly clientTime: number
}

/** What a person has begun to write. */
export interface DraftRow {
  readonly key: string
  readonly value: unknown
}

export interface BlobRow {
  readonly key: string
  readonly data: Uint8Array
  readonly name: string
  readonly type: string
}

export interface Tables {
  readonly meta: MetaRow
  readonly timelines: TimelineRow
  readonly conversations: ConversationRow
  readonly messages: MessageRow
  readonly ranges: RangeRow
  readonly controls: ControlRow
  readonly outbox: OutboxRow
  readonly drafts: DraftRow
  readonly blobs: BlobRow
}

export type Table = keyof Tables

/** The fields that are each table's key, in order. */
export const keysOf = {
  meta: ['key'],
  timelines: ['conversationId'],
  conversations: ['conversationId'],
  messages: ['conversationId', 'seq'],
  ranges: ['conversationId', 'from'],
  controls: ['conversationId', 'target', 'seq'],
  outbox: ['clientMsgId'],
  drafts: ['key'],
  blobs: ['key'],
} as const satisfies { readonly [T in Table]: readonly (keyof Tables[T])[] }

/** The values of a row's key. */
export type Key = readonly (string | number)[]

export const keyOfRow = <T extends Table>(table: T, row: Tables[T]): Key =>
  keysOf[table].map((field) => (row as unknown as Record<string, string | number>)[field]!)

/** A conversation before it has an id, and after: by the two users and the subject, or by the group. */
export const keyOf = (of: {
  readonly peerId?: string | undefined
  readonly subject?: string | undefined
  readonly groupId?: string | undefined
}): string => (of.groupId === undefined ? `c2c ${of.peerId ?? ''} ${of.subject ?? ''}` : `c2g ${of.groupId}`)
