// Who is connected, where. Soft state: presence may forget everything at any time; nodes tell it again.
//
// A user has slots; a slot is held by one session. Guarantees that `describePresence` checks:
//  1. `claim` is atomic, and the later login wins: a slot belongs to the login that began last, in whatever order calls
//     reach presence. So a claim that presence carries out late, when its caller has given up, displaces no later login.
//     Of any number of claims at once, one holds the slot at the end. Presence tells each displaced holder to one claimant.
//  2. Everything is fenced by (node, boot, sessionId): a late `release` or `renew` never frees, takes or keeps a slot that
//     a later login holds.
//  3. When a login began is a time of presence itself, and every time belongs to an era. Presence compares times of one
//     era only. It takes no login that is told in another era; it answers its own, and the node tells the login again.
//     A holder of another era (a replica knew it, and took over) gives way to any login, but nobody is told that it was
//     displaced: its node tells it again in the new era, and learns then who is later.
//  4. What a node holds counts only while its lease runs; `renew` extends it.
//  5. A failing call rejects within its own deadline; it may have happened, or may happen later. Core then serves its own
//     node's sessions on.
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

/** Presence's own time. */
export interface PresenceTime {
  /** Changes when another server keeps presence, or when its clock jumps: times of two eras are not comparable. */
  readonly era: string
  /** Milliseconds since whatever presence likes; it neither jumps nor goes back while the era lasts. */
  readonly ms: number
}

/** A session as its node tells presence of it. */
export interface Login {
  readonly holder: SlotHolder
  /**
   * When it began, as its node reckons it from what presence answered; a node tells the same time again while the era
   * lasts. Fractions count. Of two that began at once, the one with the greater session id (bytewise) is the later.
   */
  readonly since: PresenceTime
  /** When its client was last heard of, Unix ms. */
  readonly heardAt: number
}

/** What a claim has done. */
export interface Claimed {
  /** The earlier login, of this era and with a running lease, that held the slot until now. */
  readonly displaced: SlotHolder | null
  /** The later login that holds the slot: the claim has changed nothing, and its session ends. */
  readonly later: SlotHolder | null
  /** The nodes that watch the user. */
  readonly watchers: readonly NodeId[]
  /** When presence carried the call out. In another era than the login's, the claim has changed nothing. */
  readonly time: PresenceTime
}

/** A login that holds its slot no more, and the later one that does. */
export interface Lost {
  readonly holder: SlotHolder
  readonly later: SlotHolder
}

/** What a renewal has found. */
export interface Renewed {
  /** Of the logins told in the era of `time`, those whose slot a later one holds; the others hold theirs now. */
  readonly lost: readonly Lost[]
  /** The node had no lease that ran: presence knows nothing of it any more, and has to be told everything again. */
  readonly began: boolean
  /** When presence carried the call out. */
  readonly time: PresenceTime
}

/** A node that holds sessions. */
export interface NodeInfo {
  readonly nodeId: NodeId
  readonly boot: string
  /** Where clients reach it, as the host configured it; null where it did not. */
  readonly url: string | null
  readonly sessions: number
  /** False while it starts and once it drains. */
  readonly takesClients: boolean
}

/** A live session, and when its client was last heard of, Unix ms, as the node last told. */
export interface Located extends SlotHolder {
  readonly heardAt: number
}

export interface Presence {
  /**
   * Opens what it needs. It does not wait for a server that is away.
   * @param forgot called whenever presence may have lost what it was told (its server was away, or was replaced): the node
   *   tells it everything again. It may be called at any time, and often.
   */
  start(forgot: () => void): Promise<void>
  /** Takes a slot, unless a later login holds it. */
  claim(login: Login): Promise<Claimed>
  /** Frees slots still held by exactly these sessions; answers which nodes watch those users. */
  release(holders: readonly SlotHolder[]): Promise<readonly NodeId[]>
  /**
   * Extends the node's lease by `leaseMs`. For each login: takes the slot, unless a later login holds it, and notes when
   * the client was last heard of. Whom that displaces is told so by its own next renewal. Without logins it touches the
   * lease alone.
   */
  renew(node: NodeInfo, leaseMs: number, logins: readonly Login[]): Promise<Renewed>
  /** The live sessions of these users, on every node, in no order. */
  locate(userIds: readonly UserId[]): Promise<readonly Located[]>
  /** Changes the set of users whose comings and goings a node is told of. Adding twice, or removing a stranger, does nothing. */
  watch(nodeId: NodeId, boot: string, added: readonly UserId[], removed: readonly UserId[]): Promise<void>
  /** The nodes whose lease runs. */
  nodes(): Promise<readonly NodeInfo[]>
  /** Ends the node's lease at once. */
  leave(nodeId: NodeId, boot: string): Promise<void>
  /** Closes what it opened. */
  stop(): Promise<void>
}
