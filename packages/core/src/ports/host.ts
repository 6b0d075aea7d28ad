// What core asks the host app: who somebody is, and whether somebody exists. The host answers from its own tables.
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
  /** With lower-case names, as HTTP gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The address of the peer, as the transport sees it. */
  readonly ip: string
}

export interface Identity {
  readonly userId: UserId
  /**
   * Unix ms, a whole number. The session ends then, unless the client has refreshed it. Default: the token does not expire.
   * The `exp` of a JWT is in seconds: give `exp * 1000`.
   */
  readonly expiresAt?: number | null
  /** Whatever the host wants to find on the session later. */
  readonly user?: unknown
}

/**
 * Turns a token into a user. To refuse the token it returns null or throws. An error with a `status` of 4xx is
 * `UNAUTHENTICATED` (429 is `RATE_LIMITED`), and a `RookeryError` keeps its own code. After any other error or result core
 * answers `UNAVAILABLE`, so the client keeps its token and tries again; the log says what was wrong, without the token. The
 * function has `timing.handlerDeadlineMs` to answer.
 */
export type Authenticate = (credentials: Credentials) => Promise<Identity | null> | Identity | null

/** How clients show somebody or something. */
export interface Profile {
  readonly name?: string
  readonly avatar?: string
}

/**
 * Says that core may ask this provider inside `within(tx)`: it runs its queries in the given transaction, and needs no other
 * connection of the host. Core asks any other provider later, when it moves the row.
 */
export interface TakesTransaction {
  /** Default: false. */
  readonly takesTransaction?: boolean
}

/** The host's users. Without this provider every well-formed id counts as a user. */
export interface Users extends TakesTransaction {
  /**
   * Whether this user exists: users may write to it, and it may be a member of groups. Core asks before a conversation
   * exists, and not afterwards. The answer is true or false; or the id that was found, and null if none was. An id that is
   * not the same byte for byte is another user's. So if the table finds `3` for `03`, or `Bob` for `bob`, answer the id.
   * @param tx the transaction given to `within(tx)`, for a provider that takes it; absent outside of one
   */
  exists(userId: UserId, tx?: unknown): Promise<boolean | UserId | null> | boolean | UserId | null
  /** How the lists of others show these users, in the order asked. Default: with nothing but their id. */
  profiles?(userIds: readonly UserId[]): Promise<readonly (Profile | null)[]>
}

/**
 * Who may have contact with whom: blocklists, friends only, staff. Without this policy everybody with everybody. Each method
 * may be left out. `tx` is the transaction given to `within(tx)`, for a provider that takes it; absent outside of one.
 */
export interface ContactPolicy extends TakesTransaction {
  /** Core asks for each message of a session, and for its `typing`. It answers false with FORBIDDEN. */
  mayWrite?(from: UserId, to: UserId, tx?: unknown): Promise<boolean> | boolean
  /**
   * Core asks for users with whom the watcher shares no conversation, and again before each event. Default: false. If it
   * throws or is late, a request fails, and the watcher does not get the event.
   */
  maySeePresence?(watcher: UserId, userId: UserId): Promise<boolean> | boolean
  /** Core asks for each user whom another user adds to a group. */
  mayAddToGroup?(by: UserId, userId: UserId): Promise<boolean> | boolean
}

/** A conversation that needs a name. */
export interface NamedConversation {
  readonly conversationId: ConversationId
  readonly kind: ConversationKind
  readonly peerId: UserId | null
  readonly subject: string
}

/** Names of conversations, from the host's own tables. Without this provider a c2c conversation shows the peer's profile. */
export interface ConversationNames {
  /** How `userId` sees them, in the order asked; null for a conversation that keeps the default. */
  names(userId: UserId, conversations: readonly NamedConversation[]): Promise<readonly (Profile | null)[]>
}

/**
 * Groups whose members the host keeps itself: teams, departments. Rookery has rows of its own for them, and these decide.
 * After each change the host says that the group has changed (`im.groups.changed`, or `within(tx).groups.changed` in the same
 * transaction). Only then does core ask who the members are, and adds and removes them.
 */
export interface HostGroups {
  /**
   * Everybody who belongs to a group now, read after the announced change was committed. Null for a group whose members the
   * host does not keep. The owner stays a member, in the list or not.
   */
  members(groupId: ConversationId): Promise<readonly UserId[] | null> | readonly UserId[] | null
}

/** A session as the host's code sees it. */
export interface ImSession {
  readonly sessionId: SessionId
  readonly userId: UserId
  readonly deviceId: DeviceId
  readonly deviceType: DeviceType
  /** What `authenticate` answered. */
  readonly user: unknown
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly ip: string
}

/** A message before it is stored, or what an edit will make of one. */
export interface Draft {
  readonly clientMsgId: string
  /** Null if the system sends it. */
  readonly from: UserId | null
  /** The user or the group it goes to. */
  readonly to: string
  readonly subject: string
  readonly type: string
  /** Each handler gets an object of its own, so changing it changes nothing. */
  readonly content: Record<string, unknown>
  /** Whom it mentions in a group: user ids, or `@all`. Absent if it mentions nobody. */
  readonly mentions?: readonly (UserId | '@all')[]
  /** Of an edit, the sequence of the message that will have this content. Absent for a new message. */
  readonly edits?: Seq
}

/**
 * Runs before a message is stored, and may run more than once for one key. A throw refuses the message: a `RookeryError`
 * with its code, anything else as `INTERNAL`. If it returns content, that replaces the message's.
 *
 * It also runs before an edit of such a message, so that an edit cannot say what a message may not. Then the draft has
 * `edits`.
 *
 * A handler that returns no promise delays nothing. It runs in the call that took the message in. So use
 * `AsyncLocalStorage.run` for context, never `enterWith`, which would outlast the call.
 */
export type BeforeSend = (
  session: ImSession,
  draft: Draft,
) => Promise<Record<string, unknown> | void> | Record<string, unknown> | void
/** Runs after the commit, at most once for each stored message. A throw goes into the log and changes nothing. */
export type AfterSend = (session: ImSession, draft: Draft, sent: Sent) => Promise<void>
/**
 * Answers a c2s request with a JSON value. A throw refuses it, as in `BeforeSend`.
 * @param clientMsgId the key of the request; null if the client gave none. A client that repeats a request gives the
 *   same key, and the handler runs again.
 */
export type AnswerTopic = (session: ImSession, payload: unknown, clientMsgId: string | null) => Promise<unknown>
/** Runs before a session begins. A throw refuses the session. */
export type OnConnect = (session: ImSession) => Promise<void>

/** The host's handlers. Core looks one up for each message, so a message without a handler costs only that. */
export interface Handlers {
  before(kind: 'c2c' | 'c2g', type: string): BeforeSend | undefined
  after(kind: 'c2c' | 'c2g', type: string): AfterSend | undefined
  topic(topic: string): AnswerTopic | undefined
  readonly connect?: OnConnect
}
