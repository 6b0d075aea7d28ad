// Who is connected, where. Soft state: it may forget everything at any time, and is filled again by `renew`.
//
// A user has slots; a slot is held by one session. Guarantees `describePresence` checks:
//  1. `claim` is atomic: of any number of claims of one slot at once each displaces the one before, exactly one remains,
//     and every displaced holder is told to exactly one claimant.
//  2. Everything is fenced by (node, boot, sessionId): a late `release` or `renew` never frees, takes or keeps a slot that
//     a later login holds. A login that no claim told of, because presence was out of reach or has forgotten it, was when
//     `renew` says, in presence's own time: it has the slot before every earlier one, whichever of them is renewed first.
//  3. What a node holds counts only while its lease runs; `renew` extends it.
//  4. A failing call rejects within its own deadline; it may have happened. Core then serves its own node's sessions on.
// Calls may run at the same time. Nothing here is ordered across users.
import type { DeviceId, DeviceType, NodeId, SessionId, UserId } from '@rookery/protocol'

/** A session in its slot. */
export interface SlotHolder {
  readonly userId: UserId
  /** Usually the device type; two types may share one. */
  readonly slot: string
  readonly deviceType: DeviceType
  readonly deviceId: DeviceId
  /** One running client of the device; null where it names none. */
  readonly instance: string | null
  readonly sessionId: SessionId
  readonly nodeId: NodeId
  /** Tells a restarted node from its predecessor. */
  readonly boot: string
  /** When the session began, Unix ms. */
  readonly at: number
}

/** A session, and when it began. */
export interface Login {
  readonly holder: SlotHolder
  /** When it first claimed its slot, in presence's own time, ms: as nodes reckon it from what `renew` answers. */
  readonly since: number
}

/** What a renewal has found. */
export interface Renewed {
  /** Of the logins told, those whose slot a later one holds. */
  readonly lost: readonly SlotHolder[]
  /** Presence's own time at this renewal, ms since whatever it likes. It does not jump while it forgets nothing. */
  readonly now: number
}

/** A node that holds sessions. */
export interface NodeInfo {
  readonly nodeId: NodeId
  readonly boot: string
  /** Where clients reach it, as the host configured it; null where it did not. */
  readonly url: string | null
  readonly sessions: number
}

export interface Presence {
  /** Takes a slot; answers whom that displaced and which nodes watch the user. */
  claim(holder: SlotHolder): Promise<{ readonly displaced: SlotHolder | null; readonly watchers: readonly NodeId[] }>
  /** Frees slots still held by exactly these sessions; answers which nodes watch those users. */
  release(holders: readonly SlotHolder[]): Promise<readonly NodeId[]>
  /**
   * Extends the node's lease by `leaseMs`, takes slots for these sessions that are free or that an earlier login holds, and
   * answers those whose slot a later one holds. Whom it displaces is told so by its own next renewal.
   */
  renew(node: NodeInfo, leaseMs: number, logins: readonly Login[]): Promise<Renewed>
  /** The live sessions of these users, on every node, in no order. */
  locate(userIds: readonly UserId[]): Promise<readonly SlotHolder[]>
  /** Replaces the set of users whose comings and goings a node is told of. */
  watch(nodeId: NodeId, boot: string, userIds: readonly UserId[]): Promise<void>
  /** The nodes whose lease runs. */
  nodes(): Promise<readonly NodeInfo[]>
  /** Ends the node's lease at once. */
  leave(nodeId: NodeId, boot: string): Promise<void>
  /** Closes what it opened. */
  stop(): Promise<void>
}
