// What the host app answers: who somebody is, and whether somebody exists. Its own tables, asked through these.
import type { ConversationId, DeviceId, DeviceType, MessageId, Seq, SessionId, UserId } from '../model/ids.js'

/** What a client showed when it connected. */
export interface Credentials {
  readonly token: string
  readonly deviceId: DeviceId
  readonly deviceType: DeviceType
  /** Lower-case names, as HTTP gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The peer's address as the transport sees it. */
  readonly ip: string
}

export interface Identity {
  readonly userId: UserId
  /** Unix ms; the session is closed then unless it was refreshed. */
  readonly expiresAt?: number
  /** Whatever the host wants to find again on the session. */
  readonly user?: unknown
}

/**
 * Turns a token into a user. Null, undefined or a throw refuses it as `UNAUTHENTICATED`; a throw of something with a
 * `status` of 500 or more says that it cannot be known now, and is `UNAVAILABLE`.
 */
export type Authenticate = (
  credentials: Credentials,
) => Promise<Identity | null | undefined> | Identity | null | undefined

/** The host's users. Left out, every id that is well formed counts as a user. */
export interface Users {
  /** Whether messages may be addressed to this id at all. Answers are not cached while they are false. */
  exists(userId: UserId): Promise<boolean> | boolean
}

/** A session as host code sees it: what it runs on behalf of. */
export interface ImSession {
  readonly sessionId: SessionId
  readonly userId: UserId
  readonly deviceId: DeviceId
  readonly deviceType: DeviceType
  /** What `authenticate` gave. */
  readonly user: unknown
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly ip: string
}

/** A message on its way, before it is stored. */
export interface Draft {
  readonly clientMsgId: string
  readonly from: UserId
  /** The user or the group it goes to. */
  readonly to: string
  readonly subject: string
  readonly type: string
  /** Parsed anew for every handler, so that changing it changes nothing. */
  readonly content: Record<string, unknown>
}

/** What a message became. */
export interface Sent {
  readonly msgId: MessageId
  readonly conversationId: ConversationId
  readonly seq: Seq
  readonly serverTime: number
  readonly duplicate: boolean
}

/**
 * Runs before a message is stored, possibly more than once for one key. A throw refuses the message: a `RookeryError`
 * under its code, anything else as `INTERNAL`. What it returns, if anything, replaces the content.
 */
export type BeforeSend = (session: ImSession, draft: Draft) => Promise<Record<string, unknown> | void>
/** Runs after the commit, at most once for each stored message. A throw is logged and changes nothing. */
export type AfterSend = (session: ImSession, draft: Draft, sent: Sent) => Promise<void>
/** Answers a c2s request. A throw is mapped like that of `BeforeSend`. What it returns must be a JSON value. */
export type AnswerTopic = (session: ImSession, payload: unknown) => Promise<unknown>
/** Runs when a session is about to begin. A throw refuses it. */
export type OnConnect = (session: ImSession) => Promise<void>

/** The host's code on the path. Looked up for each message, so that what has no handler pays for a look-up and no more. */
export interface Handlers {
  before(kind: 'c2c' | 'c2g', type: string): BeforeSend | undefined
  after(kind: 'c2c' | 'c2g', type: string): AfterSend | undefined
  topic(topic: string): AnswerTopic | undefined
  readonly connect?: OnConnect
}
