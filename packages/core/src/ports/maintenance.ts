// Work on what is stored, beside the work that chat does: taking away what is old, verifying counters, and giving or erasing
// what is kept of one user.
//
// It is done in steps. Each call is one step of bounded work, in short transactions of its own that hold a counter row no
// longer than one step takes, so that sends are never kept waiting by more than that. Guarantees of every adapter, which
// `describeStorage` in @rookery/testing/suites checks:
//  1. Nothing is renumbered: heads, sequences and ordinals stay what they are, and so does what is not taken.
//  2. What a step has taken is gone in one transaction together with the counter that says so. A reader sees both or
//     neither.
//  3. A step may be run again, from any cursor it ever gave or from the beginning, after a crash, or by several nodes at
//     once: what is done already is not done twice.
//  4. What is committed meanwhile is neither lost nor kept from being committed.

import type { ConversationId, ConversationKind, Role, Seq, UserId } from '@rookery/protocol'
import type { StoredMessage } from '../model/message.js'

/** Where a run goes on; opaque, plain text, good for as long as the run's arguments stay the same. */
export type MaintenanceCursor = string

/** Which step: the one after a cursor, or the first. */
export interface MaintenanceStep {
  readonly after: MaintenanceCursor | null
  /** About how many rows one step looks at or changes, from 1. */
  readonly rows: number
}

export interface StepDone {
  /** Where to go on; null when the run is over. */
  readonly next: MaintenanceCursor | null
  /** About how much of the run is done, from 0 to 1. */
  readonly progress: number
}

/** What is too old, in Unix ms, or too much. Null keeps everything. */
export interface TrimLimits {
  /** Inbox entries with an `at` before this go, as long as none that is younger lies before them. */
  readonly inboxBefore: number | null
  /** The same for messages, by `serverTime`. */
  readonly timelineBefore: number | null
  /** How many messages of each conversation stay at most, control messages counted. */
  readonly timelineCount: number | null
  /**
   * Keys used before this go. A key is kept until then though its message went earlier: a repeat is answered the first result
   * all the same.
   */
  readonly keysBefore: number | null
}

export interface Trimmed extends StepDone {
  readonly entries: number
  readonly messages: number
  readonly keys: number
}

/** A counter or pointer that the rows do not bear out. */
export interface Finding {
  readonly kind: 'conversation' | 'message' | 'member' | 'user' | 'entry' | 'device' | 'key'
  /** The ids of what it is about, each after a space: of a member `conversationId userId`, of a message `conversationId seq`. */
  readonly id: string
  /** What is wrong of it; `missing` where `computed` rows from there on are not there. */
  readonly field: string
  readonly stored: string | number | null
  /** What the rows say; null where they say nothing. */
  readonly computed: string | number | null
  readonly repaired: boolean
}

export interface Verified extends StepDone {
  /** Rows looked at. */
  readonly checked: number
  readonly findings: readonly Finding[]
}

/** A membership, with what its user keeps of the conversation. */
export interface Belonging {
  readonly conversationId: ConversationId
  readonly kind: ConversationKind
  readonly subject: string
  /** Of groups; `member` in a c2c conversation. */
  readonly role: Role
  /** Unix ms. */
  readonly joinedAt: number
  /** Whether it has ended. */
  readonly ended: boolean
  readonly readSeq: Seq
  readonly pinned: boolean
  readonly muted: boolean
}

/** What a user reacted with to a message that is kept, whoever sent it. */
export interface OwnReaction {
  readonly conversationId: ConversationId
  readonly seq: Seq
  readonly reaction: string
}

export interface Exported extends StepDone {
  /** A conversation stands on the step with which its messages begin. */
  readonly memberships: readonly Belonging[]
  /** What the user sent and is kept, by conversation, ascending; control messages too. */
  readonly messages: readonly StoredMessage[]
  /** The user's reactions as they stand, by conversation. */
  readonly reactions: readonly OwnReaction[]
}

export interface Erased extends StepDone {
  /** Messages whose content went. */
  readonly messages: number
  readonly keys: number
  readonly entries: number
  readonly devices: number
}

export interface Maintenance {
  /**
   * Takes what lies beyond the limits, from the old end of each timeline, and moves the timeline's floor there. Afterwards:
   * - `inbox` and `timeline` begin above the floor and say where it is; `messages` begins above it, and `access` says where;
   * - an entry that points at a message that was taken has null for it; a control message about it is answered `gone`;
   * - messages that were taken count as unread no more and mention nobody; read positions stay where they are;
   * - reactions to them go with them. A view whose last countable message was taken has no `lastMessage`; its `updatedAt`
   *   and its place in the list stay.
   * Device rows stay: a range below the floor says what was acknowledged, whatever is kept.
   */
  trim(limits: TrimLimits, step: MaintenanceStep): Promise<Trimmed>
  /**
   * Computes every counter anew, as floor plus rows, and everything that unread is computed from: the ordinal of each message
   * and of each position, and which messages count for nobody or not for their sender; counts of reactions too. With `repair`
   * what can be put right is, in the transaction that saw it. A sequence is never lowered: a counter below its rows is raised;
   * rows that are missing below a counter are told, and nothing is moved for them. Of two who repair at once each repairs
   * what it finds.
   */
  verify(step: MaintenanceStep & { readonly repair: boolean }): Promise<Verified>
  /**
   * Where a user is or was a member, and what it sent and reacted with there. The rest of what is kept of a user is read as it is by chat:
   * the inbox, and devices. A user that there is not has nothing.
   */
  export(userId: UserId, step: MaintenanceStep): Promise<Exported>
  /**
   * Takes what is kept of one user and concerns nobody else: the content of its messages and of their edits, and reactions to
   * them; its keys; its devices; its inbox, whose floor moves to the head; how it keeps conversations. Its messages stay as
   * recalled, so that sequences have no gaps, and count as unread no more; ids, control messages and how often messages were
   * reacted to stay. Nothing of it is for whoever bears the id afterwards: memberships that have ended read as empty, its c2c
   * conversations begin anew at the head, with everything read, and are not there until something is said; its reactions are
   * nobody's. Whoever erases has made sure that the user sends no more: what is sent
   * meanwhile may stay.
   */
  erase(userId: UserId, step: MaintenanceStep): Promise<Erased>
  /**
   * Gives the storage another epoch, 1 to 64 printable ASCII characters, so that every reader of before starts over: for a
   * storage that was restored from an older copy. Nothing else changes; instances tell it from their next start on.
   */
  renewEpoch(epoch: string): Promise<void>
}
