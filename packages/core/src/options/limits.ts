// Every limit of the core with its default and the reason for it. All of them are options.
import { count, countOrOff } from './counts.js'
import { flag, oneOf, type Option, type Options, passing, standard, wholeGroup } from './declare.js'

export interface Limits {
  /** Bytes of a message's content or a payload as JSON text. 64 KiB: text and references; files belong in a store of their own. */
  readonly contentBytes: number
  /** Entries, and messages of each timeline, in one page of `pull`. 200: some 100 KB, one write. */
  readonly pull: number
  /** Messages in one page of `history`. 200: several screens. */
  readonly history: number
  /** Items in any other list, both ways. 200: what a client sends is bounded like what it is sent. */
  readonly list: number
  /** Members of a group that clients may build. 500. */
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
  /** Sessions of one node; beyond it logins are answered OVERLOADED. 100,000: about 2.5 GB of heap. */
  readonly sessions: number
  /**
   * How often a row of the outbox is tried that fails with INTERNAL, before it is parked; the rests between double from
   * `timing.outboxSweepMs`. 6: half a minute, as long as a session's sends wait for a refused one.
   */
  readonly outboxAttempts: number
  /** Rows of the outbox that a node has seen and not finished; it reads on when some are. 20,000: some MB. */
  readonly outboxRows: number
}

export const limits: Options<Limits> = {
  contentBytes: standard(65_536, count),
  pull: standard(200, count),
  history: standard(200, count),
  list: standard(200, count),
  groupMembers: standard(500, count),
  reactions: standard(50, count),
  groupsOwned: standard(500, count),
  groupName: standard(128, count),
  inflight: standard(256, count),
  refused: standard(512, count),
  writerQueue: standard(20_000, count),
  commitOps: standard(500, count),
  sessionQueueBytes: standard(262_144, count),
  pageBytes: standard(1_048_576, count),
  kicks: standard(50_000, count),
  sessions: standard(100_000, count),
  outboxAttempts: standard(6, count),
  outboxRows: standard(20_000, count),
}

/** Durations, in ms, each with its default and reason. Those that may be `off` bound nothing then. */
export interface Timing {
  /** How often positions are compared with heads and leases renewed. 10 s: a lost last frame costs at most twice that. */
  readonly heartbeatMs: number
  /** How long presence believes in a node that says nothing. 30 s: three heartbeats. */
  readonly leaseMs: number
  /** A send is answered by then, UNAVAILABLE if nothing else is known. 10 s. */
  readonly sendDeadlineMs: number
  /** The host's `authenticate` and handlers have this long. 5 s: half of a send's deadline, so that storing has the other half. */
  readonly handlerDeadlineMs: number
  /** Patience for frames that overtook one another. 50 ms; then the session is told to pull. */
  readonly holeMs: number
  /** After an answer that may be tried again, later sends there wait this long for the refused one. 30 s. */
  readonly resendMs: number
  /** How long a session that has as many unanswered requests as it may have stays unread; then it is closed. 60 s: six deadlines of a send. */
  readonly unreadMs: number
  /** Delivery acknowledgements are gathered for this long. 200 ms: many become one write. */
  readonly ackFlushMs: number
  /** How long an s2c event waits for its acknowledgement. 5 s. */
  readonly s2cAckMs: number
  /** How often the outbox is looked through for rows that no commit told of. 1 s: a crash delays a message by less than 2 s. */
  readonly outboxSweepMs: number
  /** How long a drain waits for what was accepted. 5 s: half of the ten seconds that supervisors commonly give. */
  readonly drainMs: number
  /** How old a message may be for its sender to recall it. 24 h: a slip is noticed by then; later others rely on what was said. */
  readonly recallMs: number | 'off'
  /** How old a message may be for its sender to edit it. 24 h, as long as for a recall: whoever may take it back may correct it. */
  readonly editMs: number | 'off'
}

export const timing: Options<Timing> = {
  heartbeatMs: standard(10_000, count),
  leaseMs: standard(30_000, count),
  sendDeadlineMs: standard(10_000, count),
  handlerDeadlineMs: standard(5_000, count),
  holeMs: standard(50, count),
  resendMs: standard(30_000, count),
  unreadMs: standard(60_000, count),
  ackFlushMs: standard(200, count),
  s2cAckMs: standard(5_000, count),
  outboxSweepMs: standard(1_000, count),
  drainMs: standard(5_000, count),
  recallMs: standard(86_400_000, countOrOff),
  editMs: standard(86_400_000, countOrOff),
}

/** What groups allow. */
export interface GroupRules {
  /** Whether plain members may add others. Default: false, owner and admins do. */
  readonly membersMayAdd: boolean
  /** Whether who joins reads what was said before. Default: `from-now`, what others said among themselves stays there. */
  readonly joinersRead: 'from-now' | 'everything'
}

export const groupRules: Options<GroupRules> = {
  membersMayAdd: standard(false, flag('is no boolean: give true or false')),
  joinersRead: standard(
    'from-now',
    oneOf(['from-now', 'everything'], "is none of its values: give 'from-now' or 'everything'"),
  ),
}

/** How messages reach the members of groups. */
export interface FanOutRules {
  /**
   * A group that grows above so many members is fanned out on read from then on. 50: measured (docs/decisions), live it
   * delivers up to four times as much there as on write, and catching up takes a fifth longer.
   */
  readonly readAbove: number
}

export const fanOutRules: Options<FanOutRules> = { readAbove: standard(50, count) }

/** A token bucket: over it a session is slowed down, not refused. */
export interface Rate {
  /** Requests a second in the long run. Default: 50. */
  readonly perSecond: number
  /** Requests at once. Default: 200. */
  readonly burst: number
}

const noRate = "is not of its form: give { perSecond, burst } with burst from 1, or 'off'"

const rate: Options<Rate> = {
  perSecond: passing((value) => typeof value === 'number' && value > 0, noRate),
  burst: passing((value) => typeof value === 'number' && value >= 1, noRate),
}

/** Far above what a person's client does. */
export const rateOption: Option<Rate | 'off'> = standard({ perSecond: 50, burst: 200 }, wholeGroup(rate, 'off', noRate))
