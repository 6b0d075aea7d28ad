// What the host app answers: who somebody is, and whether somebody exists. Its own tables, asked through these.
import type { DeviceId, DeviceType, UserId } from '../model/ids.js'

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
  /** Unix ms; the session is closed then unless it was refreshed. */
  readonly expiresAt?: number
  /** Whatever the host wants to find again on the session. */
  readonly user?: unknown
}

/**
 * Turns a token into a user. Null, undefined or a throw refuses it as `UNAUTHENTICATED`; a throw of something with a
 * `status` of 500 or more says that it cannot be known now, and is `UNAVAILABLE`.
 */
export type Authenticate = (
  credentials: Credentials,
) => Promise<Identity | null | undefined> | Identity | null | undefined

/** The host's users. Left out, every id that is well formed counts as a user. */
export interface Users {
  /** Whether messages may be addressed to this id at all. Answers are not cached while they are false. */
  exists(userId: UserId): Promise<boolean> | boolean
}
