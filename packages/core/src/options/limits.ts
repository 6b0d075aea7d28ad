// Every limit of the core with its default and the reason for it. All of them are options.

export interface Limits {
  /** Bytes of a message's content or a payload as JSON text. 64 KiB: text and references; files belong in a store of their own. */
  readonly contentBytes: number
  /** Entries, and messages of each timeline, in one page of `pull`. 200: some 100 KB, one write. */
  readonly pull: number
  /** Messages in one page of `history`. */
  readonly history: number
  /** Items in any other list, both ways. */
  readonly list: number
  /** Members of a group that clients may build. */
  readonly groupMembers: number
  /** Different reactions of one message. 50: more than a client can show; every reader of the message is given all of them. */
  readonly reactions: number
  /** Groups that one user may own. 500: nobody owns so many by hand, and a program that makes groups is stopped there. */
  readonly groupsOwned: number
  /** Characters of a group's name. 128: a line on a phone shows a third of it. */
  readonly groupName: number
  /** Unanswered requests of one session: it is read no further; what was read already is answered RATE_LIMITED. 256: an honest client sends far fewer. */
  readonly inflight: number
  /**
   * Refused messages of one session that are remembered, so that what follows each of them waits for it; where there are
   * more, all its sends wait. 512: what a transport has read at once, and what may be unanswered beside it.
   */
  readonly refused: number
  /** Messages waiting for the writer; beyond it a send is answered OVERLOADED. 20,000: about one second of work. */
  readonly writerQueue: number
  /** Operations in one commit. 500: where a larger batch no longer saves anything. */
  readonly commitOps: number
  /** Bytes queued for one session before it is told to pull instead. 256 KiB: a page and some. */
  readonly sessionQueueBytes: number
  /** JSON text of one page; a page is cut there, and says that there is more. 1 MiB: well below what a connection may queue. */
  readonly pageBytes: number
  /** Kicks of one node that others have not confirmed; beyond it a kick is answered OVERLOADED. 50,000: some 20 MB. */
  readonly kicks: number
  /** Sessions of one node; beyond it logins are answered OVERLOADED. */
  readonly sessions: number
  /**
   * How often a row of the outbox is tried that fails with INTERNAL, before it is parked; the rests between double from
   * `timing.outboxSweepMs`. 6: half a minute, as long as a session's sends wait for a refused one.
   */
  readonly outboxAttempts: number
  /** Rows of the outbox that a node has seen and not finished; it reads on when some are. 20,000: some MB. */
  readonly outboxRows: number
}

export const defaultLimits: Limits = {
  contentBytes: 65_536,
  pull: 200,
  history: 200,
  list: 200,
  groupMembers: 500,
  reactions: 50,
  groupsOwned: 500,
  groupName: 128,
  inflight: 256,
  refused: 512,
  writerQueue: 20_000,
  commitOps: 500,
  sessionQueueBytes: 262_144,
  pageBytes: 1_048_576,
  kicks: 50_000,
  sessions: 100_000,
  outboxAttempts: 6,
  outboxRows: 20_000,
}

/** Durations, in ms, each with its default and reason. Those that may be `off` bound nothing then. */
export interface Timing {
  /** How often positions are compared with heads and leases renewed. 10 s: a lost last frame costs at most twice that. */
  readonly heartbeatMs: number
  /** How long presence believes in a node that says nothing: three heartbeats. */
  readonly leaseMs: number
  /** A send is answered by then, UNAVAILABLE if nothing else is known. */
  readonly sendDeadlineMs: number
  /** The host's `authenticate` and handlers have this long. */
  readonly handlerDeadlineMs: number
  /** Patience for frames that overtook one another. */
  readonly holeMs: number
  /** After an answer that may be tried again, later sends there wait this long for the refused one. */
  readonly resendMs: number
  /** How long a session that has as many unanswered requests as it may have stays unread; then it is closed. 60 s: six deadlines of a send. */
  readonly unreadMs: number
  /** Delivery acknowledgements are gathered for this long. */
  readonly ackFlushMs: number
  /** How long an s2c event waits for its acknowledgement. */
  readonly s2cAckMs: number
  /** How often the outbox is looked through for rows that no commit told of. 1 s: a crash delays a message by less than 2 s. */
  readonly outboxSweepMs: number
  /** How long a drain waits for what was accepted. */
  readonly drainMs: number
  /** How old a message may be for its sender to recall it. 24 h: a slip is noticed by then; later others rely on what was said. */
  readonly recallMs: number | 'off'
  /** How old a message may be for its sender to edit it. As long as for a recall: whoever may take it back may correct it. */
  readonly editMs: number | 'off'
}

export const defaultTiming: Timing = {
  heartbeatMs: 10_000,
  leaseMs: 30_000,
  sendDeadlineMs: 10_000,
  handlerDeadlineMs: 5_000,
  holeMs: 50,
  resendMs: 30_000,
  unreadMs: 60_000,
  ackFlushMs: 200,
  s2cAckMs: 5_000,
  outboxSweepMs: 1_000,
  drainMs: 5_000,
  recallMs: 86_400_000,
  editMs: 86_400_000,
}

/** What groups allow. */
export interface GroupRules {
  /** Whether plain members may add others. Default: false, owner and admins do. */
  readonly membersMayAdd: boolean
  /** Whether who joins reads what was said before. Default: `from-now`, what others said among themselves stays there. */
  readonly joinersRead: 'from-now' | 'everything'
}

export const defaultGroupRules: GroupRules = { membersMayAdd: false, joinersRead: 'from-now' }

/** How messages reach the members of groups. */
export interface FanOutRules {
  /**
   * A group that grows above so many members is fanned out on read from then on. 50: measured (docs/decisions), live it
   * delivers up to four times as much there as on write, and catching up takes a fifth longer.
   */
  readonly readAbove: number
}

export const defaultFanOutRules: FanOutRules = { readAbove: 50 }

/** A token bucket: over it a session is slowed down, not refused. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** 50 requests a second, 200 at once: far above what a person's client does. */
export const defaultRate: Rate = { perSecond: 50, burst: 200 }
