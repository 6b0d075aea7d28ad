// What logic asks of the gate: the narrow interface downwards. Plain values, so that it can be bound over a wire.
import type { DeviceId, DeviceType, JsonText, Seq, SessionId, UserId } from '../model/ids.js'

/** Why a session was closed; the `reason` of `kick`. */
export type KickReason = 'same-device-type' | 'same-device' | 'token-expired' | 'token-revoked' | 'admin' | 'logout'

/** The device that took a slot. */
export interface KickedBy {
  readonly deviceId: DeviceId
  readonly deviceType: DeviceType
  readonly at: number
}

/** Which sessions of a user are meant; all where nothing is named. */
export interface Which {
  readonly deviceType?: DeviceType
  /** The digest of the token that they were opened or refreshed with. */
  readonly token?: string
  /** Only these. */
  readonly sessions?: readonly SessionId[]
}

/** The sessions that this node holds. */
export interface Sessions {
  /** Gives consecutive entries, beginning at `from`, to every session of a user; each decides what to make of them. */
  deliver(userId: UserId, from: Seq, entries: readonly JsonText[]): void
  /** Compares the user's sessions with the head of the inbox, soon: something was committed that cannot be routed. */
  check(userId: UserId): void
  /** Sends a transient event to every session of a user that follows. */
  hint(userId: UserId, event: string, json: JsonText): void
  /**
   * Sends an event that asks for an acknowledgement to every session of a user, whether it follows or not.
   * @returns how many there are
   */
  ask(userId: UserId, event: string, json: JsonText, acknowledged: () => void): number
  /** Closes every session of a user that is meant. */
  closeAll(userId: UserId, which: Which, reason: KickReason): void
  /** Closes a session; with a reason it is told so first. Nothing where it is not here. */
  close(sessionId: SessionId, reason: KickReason | null, by: KickedBy | null): void
  /** A user came or went: those who watch are told. */
  presenceChanged(userId: UserId): void
}
