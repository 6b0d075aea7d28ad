// Who waits for acknowledgements of what was delivered. Null without push: then nothing is called.
import type { Seq, UserId } from '@rookery/protocol'

export interface Arming {
  /** A user was given inbox entries here, or is connected nowhere. */
  arm(userId: UserId, from: Seq, to: Seq): void
  /** Another node gives a user the entries from here on, and waits for the acknowledgement. */
  elsewhere(userId: UserId, from: Seq): void
  /** A device holds the inbox entries after `from` up to `to`. */
  acknowledged(userId: UserId, from: Seq, to: Seq): void
}
