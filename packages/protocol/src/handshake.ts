// The beginning of a connection: the client's data, and the server's answer.
import type { ConversationId, DeviceId, DeviceType, NodeId, Seq, SessionId, UserId } from './ids.js'

/** The version of the protocol that this package describes. */
export const protocolVersion = 1

/** Features that a server may have beyond the first requests of the protocol. `ready` lists those that it has. */
export const features = [
  'c2c',
  'c2g',
  'groups',
  'follows',
  'c2s',
  'timelines',
  'receipts',
  'recall',
  'edit',
  'reactions',
  'readers',
  'typing',
  'presence',
  'custom',
  'auth.refresh',
  'push',
] as const

/** The socket.io namespace of chat. */
export const namespace = '/im'

/** The `auth` object of a handshake. */
export interface HandshakeAuth {
  readonly token: string
  readonly deviceId: DeviceId
  readonly deviceType: DeviceType
  /** One running client (a tab, a process): a random id, made at its start. */
  readonly instance?: string
  /** The last inbox sequence that this device has; it is also an acknowledgement. Left out: follow from now on. */
  readonly since?: Seq
  /** The `at` of that entry. */
  readonly sinceAt?: number
  /** The epoch under which the device got it. */
  readonly epoch?: string
  /** The last sequence that it has of each conversation timeline that it follows. */
  readonly timelines?: Readonly<Record<ConversationId, Seq>>
  readonly protocol?: number
}

/** A conversation timeline and its head. */
export interface TimelineHead {
  readonly conversationId: ConversationId
  readonly seq: Seq
}

/** The first event of a session; it comes once. */
export interface Ready {
  readonly userId: UserId
  readonly sessionId: SessionId
  readonly nodeId: NodeId
  readonly epoch: string
  /** The given position belongs to another storage: drop what you have, and pull from 0. */
  readonly reset: boolean
  /** The head of my inbox. */
  readonly seq: Seq
  /** Unix ms. */
  readonly serverTime: number
  /** When the token expires, Unix ms. */
  readonly expiresAt?: number
  readonly heartbeatMs: number
  /** The conversation timelines that I follow, with their heads. */
  readonly timelines: readonly TimelineHead[]
  /** If there are more timelines, `follows` lists them from here. */
  readonly timelinesCursor?: string
  readonly push?: { readonly webpush?: { readonly key: string } }
  /** Those of {@link features} that this server has, and further ones that later versions add. */
  readonly features: readonly string[]
  readonly limits: WireLimits
}

/** The server's limits for a client. Each is an option of the server. */
export interface WireLimits {
  /** Bytes of a message's content or a payload as JSON text. */
  readonly contentBytes: number
  /** Entries, and messages of each timeline, in one page of `pull`. */
  readonly pull: number
  /** Messages in one page of `history`. */
  readonly history: number
  /** Items in any other list, in both directions. */
  readonly list: number
  /** Members of a group. */
  readonly groupMembers: number
  /** Unanswered requests of one session. */
  readonly inflight: number
}

/** The server's defaults. */
export const defaultWireLimits: WireLimits = {
  contentBytes: 65_536,
  pull: 200,
  history: 200,
  list: 200,
  groupMembers: 500,
  inflight: 256,
}
