// The requests of a client, and their answers.
import type { Conversation } from './conversation.js'
import type { Entry } from './entry.js'
import type { WireError } from './errors.js'
import type { GroupInfo, GroupMember, Role } from './group.js'
import type { TimelineHead } from './handshake.js'
import type { ConversationId, MessageId, Seq, UserId } from './ids.js'
import type { Message } from './message.js'
import type { UserPresence } from './presence.js'

type JsonObject = Readonly<Record<string, unknown>>

interface Sending {
  /** The key under which the message is stored once. */
  readonly clientMsgId: string
  readonly type: string
  readonly content: JsonObject
  readonly ext?: JsonObject
  readonly replyTo?: Seq
  readonly silent?: boolean
  /** Unix ms. */
  readonly clientTime?: number
}

/** The beginning of a page of a list, and its maximal length. */
interface Paged {
  readonly cursor?: string
  readonly limit?: number
}

/** With a key, the server carries out the change once. */
interface Keyed {
  readonly clientMsgId?: string
}

interface ProfileChange {
  readonly avatar?: string
  readonly announcement?: string
  readonly ext?: JsonObject
}

interface Place {
  readonly conversationId: ConversationId
  readonly seq: Seq
}

type InGroup = { readonly groupId: ConversationId }
type Positions = Readonly<Record<ConversationId, Seq>>
type Nothing = Readonly<Record<string, never>>

/** The place of a stored message. */
export interface Sent {
  readonly msgId: MessageId
  readonly conversationId: ConversationId
  readonly seq: Seq
  /** Unix ms. */
  readonly serverTime: number
  /** Whether it was stored before, under this key. */
  readonly duplicate: boolean
}

/** My own reactions, by message. */
export type OwnReactions = Readonly<Record<MessageId, readonly string[]>>

/** A page of a conversation timeline. */
export interface PulledTimeline {
  readonly conversationId: ConversationId
  readonly messages: readonly Message[]
  /** The position after the page. */
  readonly seq: Seq
  readonly more: boolean
  readonly truncated: boolean
}

/** A page of `pull`. */
export interface Pulled {
  readonly entries: readonly Entry[]
  readonly timelines: readonly PulledTimeline[]
  /** The position after the page. */
  readonly seq: Seq
  /** Whether the inbox or a timeline has more. */
  readonly more: boolean
  /** Whether retention has removed what came right after the given position. */
  readonly truncated: boolean
  readonly reset: boolean
  readonly epoch: string
  readonly mine: OwnReactions
}

/** The request and the answer of each event. */
export interface Requests {
  readonly c2c: Call<Sending & { readonly to: UserId; readonly subject?: string }, Sent>
  readonly c2g: Call<Sending & { readonly to: ConversationId; readonly mentions?: readonly (UserId | '@all')[] }, Sent>
  readonly c2s: Call<{ readonly topic: string; readonly payload: unknown; readonly clientMsgId?: string }, unknown>
  readonly ack: Call<{ readonly seq: Seq; readonly timelines?: Positions }, { readonly seq: Seq }>
  readonly pull: Call<
    { readonly since: Seq; readonly sinceAt?: number; readonly timelines?: Positions; readonly limit?: number },
    Pulled
  >
  readonly follows: Call<
    Paged,
    { readonly timelines: readonly (TimelineHead & { readonly from: Seq })[]; readonly cursor?: string }
  >
  readonly history: Call<
    { readonly conversationId: ConversationId; readonly before?: Seq; readonly after?: Seq; readonly limit?: number },
    { readonly messages: readonly Message[]; readonly more: boolean; readonly mine: OwnReactions }
  >
  readonly conversations: Call<
    Paged,
    { readonly conversations: readonly Conversation[]; readonly unreadTotal: number; readonly cursor?: string }
  >
  readonly 'conversation.get': Call<
    { readonly conversationId: ConversationId } | { readonly peerId: UserId; readonly subject?: string } | InGroup,
    Conversation
  >
  readonly 'conversation.update': Call<
    Keyed & {
      readonly conversationId: ConversationId
      readonly pinned?: boolean
      readonly muted?: boolean
      readonly hidden?: boolean
    },
    Conversation
  >
  readonly read: Call<Place, { readonly readSeq: Seq; readonly unread: number; readonly atSeq: Seq }>
  readonly recall: Call<Keyed & Place, { readonly seq: Seq }>
  readonly edit: Call<Keyed & Place & { readonly content: JsonObject }, { readonly seq: Seq }>
  readonly react: Call<Keyed & Place & { readonly reaction: string; readonly remove?: boolean }, { readonly seq: Seq }>
  readonly readers: Call<
    Place & Paged,
    { readonly read: number; readonly total: number; readonly userIds: readonly UserId[]; readonly cursor?: string }
  >
  readonly typing: Call<{ readonly conversationId: ConversationId }, Nothing>
  readonly presence: Call<
    { readonly userIds: readonly UserId[]; readonly subscribe?: boolean },
    { readonly users: readonly UserPresence[] }
  >
  readonly 'group.create': Call<
    Keyed & ProfileChange & { readonly name: string; readonly members: readonly UserId[] },
    GroupInfo
  >
  readonly 'group.get': Call<InGroup, GroupInfo>
  readonly 'group.update': Call<Keyed & ProfileChange & InGroup & { readonly name?: string }, GroupInfo>
  readonly 'group.dissolve': Call<Keyed & InGroup, Nothing>
  readonly 'group.members': Call<
    InGroup & Paged,
    { readonly members: readonly GroupMember[]; readonly cursor?: string }
  >
  readonly 'group.add': Call<Keyed & InGroup & { readonly userIds: readonly UserId[] }, GroupInfo>
  readonly 'group.remove': Call<Keyed & InGroup & { readonly userIds: readonly UserId[] }, GroupInfo>
  readonly 'group.leave': Call<Keyed & InGroup, Nothing>
  readonly 'group.role': Call<Keyed & InGroup & { readonly userId: UserId; readonly role: Role }, GroupInfo>
  readonly 'group.mute': Call<Keyed & InGroup & { readonly userId?: UserId; readonly until: number }, GroupInfo>
  readonly 'push.register': Call<
    {
      readonly provider: string
      readonly token: string | WebPushSubscription
      readonly app?: string
      readonly lang?: string
    },
    Nothing
  >
  readonly 'push.unregister': Call<{ readonly provider: string; readonly app?: string }, Nothing>
  readonly time: Call<{ readonly t0: number }, { readonly t0: number; readonly serverTime: number }>
  readonly 'auth.refresh': Call<{ readonly token: string }, { readonly expiresAt?: number }>
  readonly logout: Call<Nothing, Nothing>
}

/** A browser's push subscription. */
export interface WebPushSubscription {
  readonly endpoint: string
  readonly expirationTime?: number | null
  readonly keys: { readonly p256dh: string; readonly auth: string }
}

interface Call<Request, Data> {
  readonly request: Request
  readonly data: Data
}

export type RequestEvent = keyof Requests
export type RequestOf<Event extends RequestEvent> = Requests[Event]['request']
export type DataOf<Event extends RequestEvent> = Requests[Event]['data']

/** The answer to a request. */
export type Answer<Data = unknown> =
  | { readonly ok: true; readonly data: Data }
  | { readonly ok: false; readonly error: WireError }
