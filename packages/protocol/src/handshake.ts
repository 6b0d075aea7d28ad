// How a connection begins: what the client says, and what the server answers with.
import type { ConversationId, DeviceId, DeviceType, NodeId, Seq, SessionId, UserId } from './ids.js'

/** The version of the protocol that this package describes. */
export const protocolVersion = 1

/** What a server may know beyond the first requests of the protocol; `ready` names what it does know. */
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
] as const

/** The socket.io namespace of chat. */
export const namespace = '/im'

/** The `auth` object of a handshake. */
export interface HandshakeAuth {
  readonly token: string
  readonly deviceId: DeviceId
  readonly deviceType: DeviceType
  /** One running client (a tab, a process), random at its start. */
  readonly instance?: string
  /** The last inbox sequence that this device holds; also acknowledges it. Left out: follow from now on. */
  readonly since?: Seq
  /** The `at` of that entry. */
  readonly sinceAt?: number
  /** The epoch under which the device holds it. */
  readonly epoch?: string
  /** The last sequence that it holds of each conversation timeline that it follows. */
  readonly timelines?: Readonly<Record<ConversationId, Seq>>
  readonly protocol?: number
}

/** A conversation timeline and its head. */
export interface TimelineHead {
  readonly conversationId: ConversationId
  readonly seq: Seq
}

/** Told once, first. */
export interface Ready {
  readonly userId: UserId
  readonly sessionId: SessionId
  readonly nodeId: NodeId
  readonly epoch: string
  /** What was given belongs to another storage: drop what you hold and pull from 0. */
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
  /** There are more, which `follows` lists from here. */
  readonly timelinesCursor?: string
  readonly push?: { readonly webpush?: { readonly key: string } }
  /** Those of {@link features} that this server knows, and what later versions add. */
  readonly features: readonly string[]
  readonly limits: WireLimits
}

/** What a client may send and ask for. Each is an option of the server. */
export interface WireLimits {
  /** Bytes of a message's content or a payload as JSON text. */
  readonly contentBytes: number
  /** Entries, and messages of each timeline, in one page of `pull`. */
  readonly pull: number
  /** Messages in one page of `history`. */
  readonly history: number
  /** Items in any other list, both ways. */
  readonly list: number
  /** Members of a group. */
  readonly groupMembers: number
  /** Unanswered requests of one session. */
  readonly inflight: number
}

/** What the server allows by default. */
export const defaultWireLimits: WireLimits = {
  contentBytes: 65_536,
  pull: 200,
  history: 200,
  list: 200,
  groupMembers: 500,
  inflight: 256,
}
