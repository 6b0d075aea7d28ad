// Work on what is stored, beside chat: it takes away what is old, verifies counters, and exports or erases what is kept of
// one user.
//
// The work goes in steps. Each call is one step of bounded work, in short transactions of its own. A step holds a counter
// row no longer than it runs itself, so a send waits for one step at most. Guarantees that every adapter keeps, and
// `describeStorage` in @rookery/testing/suites checks:
//  1. Nothing gets a new number: heads, sequences and ordinals stay as they are, and so does what is not taken.
//  2. One transaction takes rows away and moves the counter that says so. A reader sees both or neither.
//  3. A step may run again, from any cursor that it ever gave or from the beginning, after a crash, or on several nodes at
//     once. What is done already is not done twice.
//  4. What others commit meanwhile is not lost, and the steps do not prevent it.

import type { ConversationId, ConversationKind, Role, Seq, UserId } from '@rookery/protocol'
import type { StoredMessage } from '../model/message.js'

/** Where a run goes on. Opaque plain text, valid as long as the run's arguments stay the same. */
export type MaintenanceCursor = string

/** Which step of a run. */
export interface MaintenanceStep {
  /** The cursor of the step before; null for the first step. */
  readonly after: MaintenanceCursor | null
  /** About how many rows the step reads or changes, from 1. */
  readonly rows: number
}

export interface StepDone {
  /** The cursor for the next step; null when the run is over. */
  readonly next: MaintenanceCursor | null
  /** About how much of the run is done, from 0 to 1. */
  readonly progress: number
}

/** What is too old, in Unix ms, or too much. Null keeps everything. */
export interface TrimLimits {
  /** Takes inbox entries with an `at` before this, up to the first entry that is younger. */
  readonly inboxBefore: number | null
  /** The same for messages, by `serverTime`. */
  readonly timelineBefore: number | null
  /** How many messages stay of each conversation at most, with control messages. */
  readonly timelineCount: number | null
  /**
   * Takes keys that were used before this. A key stays until then even if its message went earlier, and a repeat is still
   * answered with the first result.
   */
  readonly keysBefore: number | null
}

export interface Trimmed extends StepDone {
  readonly entries: number
  readonly messages: number
  readonly keys: number
}

/** A counter or pointer that differs from what the rows say. */
export interface Finding {
  readonly kind: 'conversation' | 'message' | 'member' | 'user' | 'entry' | 'device' | 'push' | 'key'
  /** Its ids with a space between: for a member `conversationId userId`, for a message `conversationId seq`. */
  readonly id: string
  /** What differs. `missing`: from there on, as many rows as `computed` says are not there. */
  readonly field: string
  readonly stored: string | number | null
  /** What the rows say; null if they say nothing. */
  readonly computed: string | number | null
  readonly repaired: boolean
}

export interface Verified extends StepDone {
  /** The number of rows that the step read. */
  readonly checked: number
  readonly findings: readonly Finding[]
}

/** A membership, with how its user keeps the conversation. */
export interface Belonging {
  readonly conversationId: ConversationId
  readonly kind: ConversationKind
  readonly subject: string
  /** In a group; `member` in a c2c conversation. */
  readonly role: Role
  /** Unix ms. */
  readonly joinedAt: number
  /** Whether the membership has ended. */
  readonly ended: boolean
  readonly readSeq: Seq
  readonly pinned: boolean
  readonly muted: boolean
}

/** A user's reaction to a message that is kept, whoever sent that. */
export interface OwnReaction {
  readonly conversationId: ConversationId
  readonly seq: Seq
  readonly reaction: string
}

export interface Exported extends StepDone {
  /** Each one comes with the step in which the conversation's messages begin. */
  readonly memberships: readonly Belonging[]
  /** The user's messages that are kept, with control messages, by conversation, ascending. */
  readonly messages: readonly StoredMessage[]
  /** The user's reactions as they are now, by conversation. */
  readonly reactions: readonly OwnReaction[]
}

export interface Erased extends StepDone {
  /** The number of messages whose content was deleted. */
  readonly messages: number
  readonly keys: number
  readonly entries: number
  readonly devices: number
}

export interface Maintenance {
  /**
   * Takes what is beyond the limits, from the old end of each timeline, and moves the timeline's floor there. Then:
   * - `inbox` and `timeline` begin above the floor and say where it is. `messages` begins above it, and `access` says where.
   * - An entry that points at a message that was taken has null for it. A control message about that message gets `gone`.
   * - Messages that were taken count as unread no more, and mention nobody. Read positions stay where they are.
   * - Reactions go with their message. A view whose last countable message was taken has no `lastMessage`; its `updatedAt`
   *   and its place in the list stay.
   * Devices stay: their ranges say what was acknowledged, whatever is kept.
   */
  trim(limits: TrimLimits, step: MaintenanceStep): Promise<Trimmed>
  /**
   * Computes every counter again, as floor plus rows, and everything from which unread is computed: the ordinal of each
   * message and of each position, and which messages count for nobody or not for their sender. Counts reactions, too.
   * With `repair` it puts right what it can, in the transaction that found it. It never lowers a sequence: it raises a
   * counter that is below its rows, and only reports rows that are missing below a counter. If two repair at once, each
   * repairs what it finds.
   */
  verify(step: MaintenanceStep & { readonly repair: boolean }): Promise<Verified>
  /**
   * Answers where a user is or was a member, and what it sent and reacted with there. Whoever exports reads the inbox and
   * the devices in the usual way. For a user who does not exist the answers are empty.
   */
  export(userId: UserId, step: MaintenanceStep): Promise<Exported>
  /**
   * Takes what is kept of one user and concerns nobody else: the content of its messages and of their edits, with the
   * reactions to them; its keys; its devices and their push registrations; its inbox, whose floor moves to the head; how it keeps conversations.
   * Its messages stay as recalled, so that sequences have no gaps, and count as unread no more. Ids and control messages
   * stay, and so does how often messages were reacted to.
   * Who gets the same id later reads nothing of it: memberships that have ended read as empty; the c2c conversations begin
   * again at the head, with everything read, and are not in the list until somebody says something; the reactions belong to
   * nobody. The caller makes sure that the user sends no more: what is sent meanwhile may stay.
   */
  erase(userId: UserId, step: MaintenanceStep): Promise<Erased>
  /**
   * Gives the storage another epoch, 1 to 64 printable ASCII characters, so that every reader starts over. This is for a
   * storage that was restored from an older copy. Nothing else changes. Instances answer the epoch from their next start on.
   */
  renewEpoch(epoch: string): Promise<void>
}
