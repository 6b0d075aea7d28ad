// Where devices can be told when they are not connected, and what they were told: the operations and the reads.
import type { ConversationId, DeviceId, Seq, UserId } from '@rookery/protocol'

/** Which registration: a device has one for each provider and app. */
export interface PushKey {
  readonly userId: UserId
  readonly deviceId: DeviceId
  readonly provider: string
  /** Empty where the device named none. */
  readonly app: string
}

export interface PushRegistration extends PushKey {
  readonly token: string
  /** A language tag; null where the device named none. */
  readonly lang: string | null
  /** When this token was last registered, Unix ms. */
  readonly createdAt: number
  /** The place in the user's inbox up to which this device was told, or need not be. */
  readonly pushedTo: Seq
  /** The conversation of the notification that it was given last; null where none is shown any more. */
  readonly pushedIn: ConversationId | null
  /** The boot of the node that sends to it now; null where none does. */
  readonly claim: string | null
}

/**
 * Stores a token. It is gone from every other device that had it. A registration that is new is told of what comes after
 * the head; one that the device had before keeps its place.
 */
export interface PushRegisterOp extends PushKey {
  readonly op: 'push-register'
  readonly token: string
  /** What tells tokens apart, 1 to 64 characters of ASCII. */
  readonly tokenHash: string
  readonly lang: string | null
  readonly at: number
}

/** Removes registrations of a device: all of them, or the one of a provider and app. */
export interface PushUnregisterOp extends Pick<PushKey, 'userId' | 'deviceId'> {
  readonly op: 'push-unregister'
  readonly which: {
    readonly provider: string
    readonly app: string
    /** Only where this is still its token; null for any. */
    readonly tokenHash: string | null
  } | null
}

/** Takes a registration for one node, so that no other sends to it. */
export interface PushClaimOp extends PushKey {
  readonly op: 'push-claim'
  /** The boot of the node. */
  readonly by: string
  /** A claim that counts no more, because its node is gone; null where there is none. */
  readonly over: string | null
}
export interface PushClaimResult {
  readonly status: 'ok'
  /** Whether it is this node's now. False where another has it, and where there is no such registration. */
  readonly isClaimed: boolean
}

/** Notes what a device was told, and gives the claim back. Nothing where the registration is gone. */
export interface PushedOp extends PushKey {
  readonly op: 'pushed'
  /** The claim ends where it is this node's. */
  readonly by: string
  /** Told of up to here; the position never goes back. Left out: it stays. */
  readonly to?: Seq
  /** The conversation of the notification that is shown now; null: none. Left out: it stays. */
  readonly pushedIn?: ConversationId | null
}

export type PushOp = PushRegisterOp | PushUnregisterOp | PushClaimOp | PushedOp

export interface PushReads {
  /** Every registration of these users. */
  list(userIds: readonly UserId[]): Promise<readonly PushRegistration[]>
  /**
   * Looks through the registrations of at most `limit` users, in an order of its own, after a cursor that it gave.
   * @returns those of the users with entries that some registration was not told of and no device has acknowledged up to the
   *   head from there; and where to go on, null at the end
   */
  behind(
    after: string | null,
    limit: number,
  ): Promise<{ readonly userIds: readonly UserId[]; readonly next: string | null }>
}
