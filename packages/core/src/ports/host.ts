// What the host app answers: who somebody is, and whether somebody exists. Its own tables, asked through these.
import type {
  ConversationId,
  ConversationKind,
  DeviceId,
  DeviceType,
  Sent,
  Seq,
  SessionId,
  UserId,
} from '@rookery/protocol'

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
  /**
   * Unix ms, a whole number; the session is closed then unless it was refreshed. Left out, or null: the token does not
   * expire. The `exp` of a JWT is in seconds: give `exp * 1000`.
   */
  readonly expiresAt?: number | null
  /** Whatever the host wants to find again on the session. */
  readonly user?: unknown
}

/**
 * Turns a token into a user. Null, or a throw of something with a `status` of 4xx, refuses it as `UNAUTHENTICATED` (429 as
 * `RATE_LIMITED`), and a `RookeryError` under its own code. Whatever else it throws or returns is logged with what was wrong,
 * never with the token, and is `UNAVAILABLE`: the client keeps its token and tries again. It has `timing.handlerDeadlineMs`.
 */
export type Authenticate = (credentials: Credentials) => Promise<Identity | null> | Identity | null

/** How somebody or something is shown. */
export interface Profile {
  readonly name?: string
  readonly avatar?: string
}

/**
 * Of a provider that may be asked inside `within(tx)`: it runs its queries in the transaction that it is given, and needs no
 * other connection of the host's. One that does not say so is not asked there, but when the row is moved.
 */
export interface TakesTransaction {
  /** Default: false. */
  readonly takesTransaction?: boolean
}

/** The host's users. Left out, every id that is well formed counts as a user. */
export interface Users extends TakesTransaction {
  /**
   * Whether messages may be addressed to this id at all, and it may be a member of groups. Asked before a conversation
   * exists, not afterwards. Answers true or false; or the id that was found, null where there is none. An id that is not the
   * same byte for byte is another user's: a table that finds `3` for `03`, or `Bob` for `bob`, answers the id.
   * @param tx the transaction given to `within(tx)`, for a provider that takes it; absent where nothing runs in one
   */
  exists(userId: UserId, tx?: unknown): Promise<boolean | UserId | null> | boolean | UserId | null
  /** How users are shown in the lists of others, in the order asked. Default: by nothing but their id. */
  profiles?(userIds: readonly UserId[]): Promise<readonly (Profile | null)[]>
}

/**
 * Who may have to do with whom: blocklists, friends only, staff. Left out, everybody with everybody. Each may be left out.
 * `tx` is the transaction given to `within(tx)`, for a provider that takes it; absent where nothing runs in one.
 */
export interface ContactPolicy extends TakesTransaction {
  /** Asked for each message from a session, and for its `typing`; false is answered FORBIDDEN. */
  mayWrite?(from: UserId, to: UserId, tx?: unknown): Promise<boolean> | boolean
  /**
   * Asked for those with whom the watcher shares no conversation, before each event, too; default: false. Where it throws or
   * is late, a request fails, and an event is not told.
   */
  maySeePresence?(watcher: UserId, userId: UserId): Promise<boolean> | boolean
  /** Asked for each user that is to be added to a group by another. */
  mayAddToGroup?(by: UserId, userId: UserId): Promise<boolean> | boolean
}

/** A conversation, for whoever names it. */
export interface NamedConversation {
  readonly conversationId: ConversationId
  readonly kind: ConversationKind
  readonly peerId: UserId | null
  readonly subject: string
}

/** Names of conversations, from the host's own tables. Left out, a c2c conversation has the profile of the peer. */
export interface ConversationNames {
  /** As `userId` sees them, in the order asked; null where the default is right. */
  names(userId: UserId, conversations: readonly NamedConversation[]): Promise<readonly (Profile | null)[]>
}

/**
 * Groups whose members the host keeps itself: teams, departments. Rookery has rows of its own for them, which decide; the
 * host says after each change of its own that a group has changed (`im.groups.changed`, or `within(tx).groups.changed` in the
 * same transaction), and is asked then. Without being told nothing is asked, and nobody added or removed.
 */
export interface HostGroups {
  /**
   * Everybody who belongs to a group now, read after what was announced was committed; null for a group whose members the
   * host does not keep. The owner stays a member, listed or not.
   */
  members(groupId: ConversationId): Promise<readonly UserId[] | null> | readonly UserId[] | null
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

/** A message on its way, before it is stored; or what an edit is to make of one. */
export interface Draft {
  readonly clientMsgId: string
  /** Null where the system speaks. */
  readonly from: UserId | null
  /** The user or the group it goes to. */
  readonly to: string
  readonly subject: string
  readonly type: string
  /** Parsed anew for every handler, so that changing it changes nothing. */
  readonly content: Record<string, unknown>
  /** Whom it mentions in a group: user ids, or `@all`. Absent where nobody. */
  readonly mentions?: readonly (UserId | '@all')[]
  /** Of an edit: the sequence of the message that is to have this content. Absent where the message is new. */
  readonly edits?: Seq
}

/**
 * Runs before a message is stored, possibly more than once for one key. A throw refuses the message: a `RookeryError`
 * under its code, anything else as `INTERNAL`. What it returns, if anything, replaces the content.
 *
 * One that answers at once, without a promise, makes a message wait for nothing. It is called where the message came in, so it
 * keeps context with `AsyncLocalStorage.run`, never with `enterWith`, which would outlast the call.
 *
 * Runs before an edit of such a message, too: what may not be said may not be said by an edit. The draft has `edits` then.
 */
export type BeforeSend = (
  session: ImSession,
  draft: Draft,
) => Promise<Record<string, unknown> | void> | Record<string, unknown> | void
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
