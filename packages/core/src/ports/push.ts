// What brings a notification to a device that is not connected: APNs, FCM, a browser's push service.
//
// Guarantees that core relies on, and gives:
//  1. `send` answers one outcome for each request, in their order, and settles by itself. Core waits `push.deadlineMs` and
//     then counts the whole batch as to be tried again.
//  2. A provider keeps no timer, no retry and no breaker of its own. Core tries again, on its own clock, and stops asking a
//     provider that fails.
//  3. The same notification may be sent twice, after a crash or a lost answer. Its `id` and its `collapse` are the same then,
//     so that the device shows it once.
//  4. `dead` is said only where the provider knows that this token is gone for good. Core forgets the registration.
//  5. Tokens are secrets: they are in no error, and in no line of the log.
import type { ConversationId, ConversationKind, DeviceId, Message, Seq, UserId } from '@rookery/protocol'

/** A device, as one provider reaches it. */
export interface PushTarget {
  readonly userId: UserId
  readonly deviceId: DeviceId
  /** Which of the host's apps; empty where the device named none. */
  readonly app: string
  /** As the device gave it. Of a browser the subscription, as JSON text: `{"endpoint":…,"keys":{"p256dh":…,"auth":…}}`. */
  readonly token: string
  /** A language tag such as `de` or `zh-Hant`; null where the device named none. */
  readonly lang: string | null
  /** When this token was registered, Unix ms: an answer about an older time does not mean it. */
  readonly createdAt: number
}

export interface PushNotification {
  /**
   * `message`: something was said, to be shown. `badge`: nothing new; the user has read elsewhere, so the number beside the
   * app is another one, and a notification of `data.conversationId` that is still shown may go. It has no title and no body.
   */
  readonly kind: 'message' | 'badge'
  readonly title: string
  readonly body: string
  /** The user's unread messages, over all conversations. */
  readonly badge: number
  /** It is shown without a sound. */
  readonly silent: boolean
  /** For the app: where the notification leads. */
  readonly data: {
    readonly conversationId: ConversationId
    /** Of `message` the newest message told of; of `badge` the user's read position. */
    readonly seq: Seq
  }
}

export interface PushRequest {
  readonly registration: PushTarget
  /** 32 hexadecimal digits, the same when this is sent again: of the device, the epoch, the conversation and the highest sequence. */
  readonly id: string
  /** 32 hexadecimal digits, of the conversation: on the device a later notification replaces an earlier one. */
  readonly collapse: string
  readonly notification: PushNotification
  /** Unix ms; after that the provider need not deliver it. */
  readonly expiresAt: number
}

export type PushOutcome =
  /** The provider has taken it. */
  | { readonly status: 'sent' }
  /** The token is gone for good. */
  | { readonly status: 'dead' }
  /** Not now. `afterMs` is how long the provider asks to be left alone; left out, core decides. */
  | { readonly status: 'retry'; readonly afterMs?: number; readonly reason?: string }
  /** It takes no request like this, now or later. `reason` is for the log and a label of a metric: one word, no token. */
  | { readonly status: 'rejected'; readonly reason: string }

export interface PushProvider {
  /** The `provider` that devices name when they register; 1 to 64 printable ASCII characters without the space. */
  readonly name: string
  /** Requests in one `send` at most. Default: 100. */
  readonly batch?: number
  /** What devices need before they can register, told in `ready.push` under the provider's name. Only `webpush` has one. */
  readonly publicKey?: string
  /**
   * Looks at a token before it is stored.
   * @throws RookeryError `BAD_REQUEST` for one to which the provider would never send
   */
  check?(registration: PushTarget): void | Promise<void>
  /** Sends. A rejection counts as `retry` for the whole batch. */
  send(batch: readonly PushRequest[]): Promise<readonly PushOutcome[]>
  /** Closes what it opened; called once, last. */
  stop?(): void | Promise<void>
}

/** What a notification is to be made of. */
export interface PushDraft {
  /** The newest message that it tells of, with its content. */
  readonly message: Message
  readonly kind: ConversationKind
  /** Who is told. */
  readonly userId: UserId
  readonly deviceId: DeviceId
  readonly provider: string
  readonly app: string
  /** The language that the device asked for; null where it named none. */
  readonly lang: string | null
  /** How many messages it tells of, in all conversations. */
  readonly count: number
  /** How many conversations they are in. */
  readonly conversations: number
  /** Whether the message mentions the user. */
  readonly isMentioned: boolean
}

/**
 * Writes the words of a notification. Left out, they say that there are new messages, in the device's language where it is
 * known, and never what was said. A throw, or no answer within `timing.handlerDeadlineMs`, falls back to these words.
 */
export type ComposePush = (
  draft: PushDraft,
) => Promise<{ readonly title: string; readonly body: string }> | { readonly title: string; readonly body: string }
