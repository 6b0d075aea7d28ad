// What clients saw, in the order in which it happened, and nothing that only a server could know. It also lists faults,
// so that a person can follow a run; of these the checker uses only when a node died or stood still.

/** A `Message` as the wire carries it. */
export interface WireMessage {
  readonly msgId: string
  readonly clientMsgId: string
  readonly conversationId: string
  readonly seq: number
  readonly from: string | null
  readonly to?: string
  readonly groupId?: string
  readonly subject?: string
  readonly type: string
  readonly content?: unknown
  readonly silent?: boolean
  readonly mentions?: readonly string[]
  readonly via?: string
  readonly serverTime: number
  /** The last change that is folded in; absent if there is none. */
  readonly asOf?: number
  readonly recalled?: boolean
  readonly reactions?: Readonly<Record<string, number>>
  readonly withheld?: boolean
}

/** A page of a conversation's own timeline, from the answer to a `pull`. */
export interface WireTimeline {
  readonly conversationId: string
  readonly messages: readonly WireMessage[]
  readonly seq: number
  /** The page does not reach back to the position given. */
  readonly truncated: boolean
}

/** An `Entry` as the wire carries it. */
export interface WireEntry {
  readonly seq: number
  readonly kind: string
  readonly at: number
  /** For kind `message`. */
  readonly message?: WireMessage
  /** For kinds `follow` and `unfollow`. */
  readonly from?: number
  readonly to?: number
  /** For kind `read`, and for `follow` and `unfollow`. */
  readonly conversationId?: string
  readonly readSeq?: number
  readonly unread?: number
  readonly atSeq?: number
}

/** The state of a device after everything had healed and two heartbeats had passed. */
export interface DeviceState {
  readonly user: string
  readonly device: string
  readonly type: string
  /** Its connection; null if it has none. */
  readonly conn: number | null
  /** True if it tries to be connected: a device that was kicked does not. */
  readonly wants: boolean
  /** True while it has no power. */
  readonly isOff: boolean
  /** The last entry up to which it holds everything since it began. */
  readonly position: number
  /** The same for each conversation timeline that it follows. */
  readonly timelines?: Readonly<Record<string, number>>
  /** The keys that it still tries to send. */
  readonly unanswered: readonly string[]
}

/** The fields of all requests together; each request has some of them. */
export interface RequestBody {
  readonly clientMsgId: string
  readonly to: string
  readonly subject?: string
  readonly type: string
  readonly content: unknown
  readonly silent?: boolean
  readonly conversationId: string
  readonly seq: number
  readonly since: number
  readonly timelines?: Readonly<Record<string, number>>
  readonly userIds: readonly string[]
  readonly groupId: string
  readonly reaction: string
  readonly remove?: boolean
}

/** The fields of all answers together; each answer has some of them. */
export interface AnswerData {
  readonly msgId: string
  readonly conversationId: string
  readonly seq: number
  readonly serverTime: number
  readonly duplicate: boolean
  readonly entries: readonly WireEntry[]
  readonly timelines?: readonly WireTimeline[]
  /** For `history`. */
  readonly messages?: readonly WireMessage[]
  /** For `history` and `pull`: own reactions by message id. */
  readonly mine?: Readonly<Record<string, readonly string[]>>
  readonly more: boolean
  readonly truncated: boolean
  readonly reset: boolean
  readonly epoch: string
  readonly readSeq: number
  readonly unread: number
  readonly atSeq: number
  readonly users: readonly { readonly userId: string; readonly online: boolean }[]
  readonly conversations: readonly {
    readonly conversationId: string
    readonly readSeq: number
    readonly unread: number
    readonly mentioned: number
    readonly seq: number
    /** The last countable message. */
    readonly lastMessage?: WireMessage
  }[]
  readonly unreadTotal: number
  readonly cursor?: string
}

/** The fields of all events together; each event has some of them. */
export interface EventPayload {
  readonly entries: readonly WireEntry[]
  readonly messages: readonly WireMessage[]
  readonly seq: number
  readonly conversationId: string
  readonly userId: string
  readonly deliveredSeq?: number
  readonly online: boolean
  readonly reason: string
  /** For `kick`. */
  readonly by?: { readonly deviceId: string }
  readonly afterMs: number
}

/** The position that a device claims in its handshake. */
export interface HandshakeClaim {
  readonly since?: number
  readonly sinceAt?: number
  readonly epoch?: string
  readonly timelines?: Readonly<Record<string, number>>
}

interface OnConnection {
  /** Numbers the connections of all devices, from 1. */
  readonly conn: number
}

/** One recorded event; `atMs` is virtual time from the start of the run. */
export type Recorded =
  /** A handshake leaves the device. */
  | ({
      readonly t: 'dial'
      readonly user: string
      readonly device: string
      readonly given: HandshakeClaim
    } & OnConnection)
  | ({
      readonly t: 'connect'
      readonly user: string
      readonly device: string
      readonly type: string
      readonly node: string
      readonly given: HandshakeClaim
      readonly ready: {
        readonly seq: number
        readonly epoch: string
        readonly reset: boolean
        readonly timelines?: readonly { readonly conversationId: string; readonly seq: number }[]
      }
    } & OnConnection)
  | { readonly t: 'refused'; readonly user: string; readonly device: string; readonly code: string }
  /** `n` numbers the requests of all connections. */
  | ({ readonly t: 'request'; readonly n: number; readonly event: string; readonly body: RequestBody } & OnConnection)
  | ({ readonly t: 'answer'; readonly n: number } & (
      | { readonly ok: true; readonly data: AnswerData }
      | { readonly ok: false; readonly code: string }
    ) &
      OnConnection)
  | ({ readonly t: 'event'; readonly event: string; readonly payload: EventPayload } & OnConnection)
  /** The server sent what the protocol does not have. */
  | ({ readonly t: 'misshapen'; readonly fault: string } & OnConnection)
  /** From here on what either side sends may arrive late or never, and neither side may know. */
  | ({ readonly t: 'broken' } & OnConnection)
  | ({ readonly t: 'disconnect'; readonly by: 'server' | 'network' | 'client' } & OnConnection)
  | { readonly t: 'fault'; readonly kind: string; readonly facts?: Readonly<Record<string, unknown>> }
  | { readonly t: 'paused' | 'resumed' | 'killed'; readonly node: string }
  /** The host revokes a user's tokens through a node; and the call succeeded. */
  | { readonly t: 'revoking' | 'revoked'; readonly n: number; readonly user: string; readonly node: string }
  /** A node that drains told its clients to go; the nodes that are said to take clients then. */
  | { readonly t: 'draining'; readonly node: string; readonly takingClients: readonly string[] }
  /** A message was sent that no node tells another one of, to a user with these connections. */
  | { readonly t: 'last-words'; readonly clientMsgId: string; readonly conns: readonly number[] }
  /** By now the loss of the last words was noticed and mended. */
  | { readonly t: 'mended' }
  | { readonly t: 'healed' }
  /** The first event: which older messages of a group a new member may read. */
  | { readonly t: 'policy'; readonly joinersRead: 'from-now' | 'everything' }
  | { readonly t: 'settled'; readonly standings: readonly DeviceState[] }
  /** A device's pull from zero to the head, after everything else. */
  | {
      readonly t: 'final'
      readonly user: string
      readonly device: string
      readonly entries: readonly WireEntry[]
      /** The conversation timelines that its inbox told it to follow. */
      readonly timelines?: Readonly<Record<string, readonly WireMessage[]>>
    }

export type HistoryEvent = Recorded & { readonly atMs: number }
export type History = readonly HistoryEvent[]

/** Prints a run's history, one event a line. */
export const printHistory = (history: History): string =>
  history
    .map(({ atMs, t, ...rest }, index) => `${index}\t${(atMs / 1000).toFixed(3)}\t${t}\t${JSON.stringify(rest)}`)
    .join('\n')
