// A message as its readers get it, and what control messages say.
import type { GroupEvent } from './group.js'
import type { ConversationId, MessageId, Seq, UserId } from './ids.js'

/** One to one, or a group. Kept open: a reader ignores kinds that it does not know. */
export type ConversationKind = 'c2c' | 'c2g'

/** The same for everybody who may read it, but for `withheld`. */
export interface Message<Content = Readonly<Record<string, unknown>>> {
  readonly msgId: MessageId
  /** The sender's key; with `via: 'server'` the host's, which never answers a key of the client's own. */
  readonly clientMsgId: string
  readonly conversationId: ConversationId
  /** Its place in its conversation. */
  readonly seq: Seq
  /** Null where the system speaks. */
  readonly from: UserId | null
  /** c2c: the other user. */
  readonly to?: UserId
  readonly subject?: string
  readonly groupId?: ConversationId
  /** `text`, a type of the host's own, or a control type that begins with `im.`. */
  readonly type: string
  /** Absent where the message was recalled or is withheld. */
  readonly content?: Content
  readonly ext?: Readonly<Record<string, unknown>>
  readonly replyTo?: Seq
  /** Notifies nobody and is not counted as unread. */
  readonly silent?: true
  readonly mentions?: readonly (UserId | '@all')[]
  readonly via?: 'server'
  /** As the sender gave it, Unix ms. */
  readonly clientTime?: number
  /** When the server stored it, Unix ms. */
  readonly serverTime: number
  /** The sequence of the last control message folded in. */
  readonly asOf?: Seq
  readonly recalled?: true
  /** Unix ms. */
  readonly editedAt?: number
  /** How many gave each reaction. */
  readonly reactions?: Readonly<Record<string, number>>
  /** It was changed outside the reader's membership: what it says is not for this reader. */
  readonly withheld?: true
  /** Told of an {@link ExpiredMessage} by this. */
  readonly expired?: undefined
}

/** What is left of a message whose content retention took. */
export interface ExpiredMessage {
  readonly conversationId: ConversationId
  readonly seq: Seq
  readonly expired: true
}

/** The content of each control message: the server alone writes them, and they are never counted as unread. */
export interface ControlContents {
  readonly 'im.recall': { readonly seq: Seq }
  readonly 'im.edit': { readonly seq: Seq; readonly content: Readonly<Record<string, unknown>> }
  readonly 'im.reaction': { readonly seq: Seq; readonly reaction: string; readonly remove: boolean }
  readonly 'im.group': GroupEvent
}

export type ControlType = keyof ControlContents

/** Types that begin with this are control messages; a client's are refused. */
export const controlPrefix = 'im.'

/** Whether a message tells of a change, in place of being said by somebody. */
export const isControlType = (type: string): boolean => type.startsWith(controlPrefix)
