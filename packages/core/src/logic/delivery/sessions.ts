// What logic asks of the gate: the narrow interface downwards. Plain values, so that it can be bound over a wire.
import type {
  ConversationId,
  DeviceType,
  JsonText,
  KickedBy,
  KickReason,
  Seq,
  ServerEvent,
  SessionId,
  UserId,
} from '@rookery/protocol'
import type { EventJson } from '../../model/events.js'

/** Which sessions of a user are meant; all where nothing is named. */
export interface Which {
  readonly deviceType?: DeviceType
  /** The digest of the token that they were opened or refreshed with. */
  readonly token?: string
  /** Only those that logged in under an earlier login epoch. */
  readonly before?: number
}

/**
 * What an entry says about which timelines its reader follows. Entries travel as text, so this stands beside it.
 * `version` is the conversation's under which it began; 0 where that is not known.
 */
export type Following =
  | {
      readonly kind: 'follow'
      readonly conversation: ConversationId
      readonly from: Seq
      readonly version: number
    }
  | { readonly kind: 'unfollow'; readonly conversation: ConversationId; readonly to: Seq }

/** The same with the entry's place. */
export type FollowFact = Following & { readonly seq: Seq }

/** The sessions that this node holds. */
export interface Sessions {
  /** Whether there is one of this user. */
  has(userId: UserId): boolean
  /**
   * Gives consecutive entries, beginning at `from`, to every session of a user; each decides what to make of them.
   * @param facts of those entries that are `follow` or `unfollow`, ascending; null where none is
   */
  deliver(userId: UserId, from: Seq, entries: readonly JsonText[], facts: readonly FollowFact[] | null): void
  /**
   * Gives consecutive messages of a conversation, beginning at `from`, to every session that follows its timeline.
   * @param version the conversation's when the last of them was stored: who left under it gets nothing that came after
   */
  deliverTimeline(conversation: ConversationId, version: number, from: Seq, messages: readonly JsonText[]): void
  /** Compares the user's sessions with the head of the inbox, soon: something was committed that cannot be routed. */
  check(userId: UserId): void
  /** What was given to a user was not acknowledged: its sessions have to pull. */
  mend(userId: UserId): void
  /** Sends a transient event to every session of a user that follows. */
  hint<Event extends ServerEvent>(userId: UserId, event: Event, json: EventJson<NoInfer<Event>>): void
  /**
   * Sends an event that asks for an acknowledgement to every session of a user, whether it follows or not.
   * @returns how many there are
   */
  ask<Event extends ServerEvent>(
    userId: UserId,
    event: Event,
    json: EventJson<NoInfer<Event>>,
    acknowledged: () => void,
  ): number
  /** Closes every session of a user that is meant. */
  closeAll(userId: UserId, which: Which, reason: KickReason): void
  /** Closes a session; with a reason it is told so first. Nothing where it is not here. */
  close(sessionId: SessionId, reason: KickReason | null, by: KickedBy | null): void
  /** A user came or went: those who watch are told. */
  presenceChanged(userId: UserId): void
}
