// Every limit of core, with its default and the reason for it. All of them are options.
import { count, countOrOff } from './counts.js'
import { flag, oneOf, type Option, type Options, passing, standard, wholeGroup } from './declare.js'

export interface Limits {
  /**
   * Bytes of a message's content, or of a payload, as JSON text. 64 KiB: enough for text and references; store files
   * elsewhere.
   */
  readonly contentBytes: number
  /** Entries in one page of `pull`, and messages of each timeline. 200: some 100 KB, one write. */
  readonly pull: number
  /** Messages in one page of `history`. 200: several screens. */
  readonly history: number
  /** Items in any other list, in both directions. 200: the same limit for what a client sends and for what it gets. */
  readonly list: number
  /** Members of a group that clients may build. 500. */
  readonly groupMembers: number
  /**
   * Different reactions of one message. 50: more than a client can show, and every reader of the message gets all of
   * them.
   */
  readonly reactions: number
  /** Groups that one user may own. 500: nobody makes more by hand, and it stops a program that makes groups. */
  readonly groupsOwned: number
  /** Characters of a group's name. 128: a line on a phone shows a third of it. */
  readonly groupName: number
  /**
   * Unanswered requests of one session. Above it the transport stops reading the session, and requests that it has read
   * already get RATE_LIMITED. 256: an honest client sends far fewer.
   */
  readonly inflight: number
  /**
   * Refused messages of one session that the node remembers, so that later sends wait for them. Above it all sends of
   * the session wait. 512: what a transport may have read at once, and what may be unanswered besides.
   */
  readonly refused: number
  /** Messages that wait for the writer. Above it a send gets OVERLOADED. 20,000: about one second of work. */
  readonly writerQueue: number
  /** Operations in one commit. 500: larger commits save nothing more. */
  readonly commitOps: number
  /** Bytes queued for one session before the server tells it to pull. 256 KiB: somewhat more than a page. */
  readonly sessionQueueBytes: number
  /**
   * Bytes of JSON text in one page. A larger page is cut, and says that there is more. 1 MiB: well below what a
   * connection may queue.
   */
  readonly pageBytes: number
  /** Kicks of one node that other nodes have not confirmed. Above it a kick gets OVERLOADED. 50,000: some 20 MB. */
  readonly kicks: number
  /** Sessions of one node. Above it logins get OVERLOADED. 100,000: about 2.5 GB of heap. */
  readonly sessions: number
  /**
   * How often chat tries a row of the outbox that fails with INTERNAL, before it parks the row. The pauses between
   * double from `timing.outboxSweepMs`. 6: half a minute, as long as a session's sends wait for a refused one.
   */
  readonly outboxAttempts: number
  /**
   * Rows of the outbox that a node has seen and not finished. It reads more when some are finished. 20,000: some MB.
   */
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

/** Durations in ms, each with its default and the reason for it. `off` means no limit, where it is allowed. */
export interface Timing {
  /**
   * How often the node compares positions with heads and renews leases. 10 s: a lost last frame is noticed within twice
   * that.
   */
  readonly heartbeatMs: number
  /** How long a silent node counts as alive. 30 s: three heartbeats. */
  readonly leaseMs: number
  /** How often a node extends its lease, and so notices that presence forgot it. 2 s: one short call, however many sessions. */
  readonly leaseTickMs: number
  /**
   * How long a node goes on receiving what is said in a large group after its last session there left. 60 s: most come
   * back by then.
   */
  readonly topicKeepMs: number
  /** The time within which a send gets an answer, UNAVAILABLE if the outcome is not known by then. 10 s. */
  readonly sendDeadlineMs: number
  /**
   * The time that the host's `authenticate` and handlers have. 5 s: half of a send's deadline; storing has the other
   * half.
   */
  readonly handlerDeadlineMs: number
  /** How long a session waits for a frame that a later one overtook. 50 ms; then the server tells it to pull. */
  readonly holeMs: number
  /**
   * After an answer that may be tried again, later sends of the session to that conversation wait this long for the
   * refused one. 30 s.
   */
  readonly resendMs: number
  /**
   * How long a session with the maximum of unanswered requests stays unread, before the server closes it. 60 s: six
   * deadlines of a send.
   */
  readonly unreadMs: number
  /** How long delivery acknowledgements are gathered before they are stored. 200 ms: many become one write. */
  readonly ackFlushMs: number
  /** How long an s2c event waits for its acknowledgement. 5 s. */
  readonly s2cAckMs: number
  /**
   * How often the node looks for rows of the outbox of which no commit told it. 1 s: a crash delays a message by less
   * than 2 s.
   */
  readonly outboxSweepMs: number
  /**
   * How long a drain waits for the answers to accepted requests. 5 s: half of the ten seconds that supervisors commonly
   * give.
   */
  readonly drainMs: number
  /**
   * Up to which age the sender may recall a message. 24 h: by then people have noticed a slip; later, others rely on
   * the message.
   */
  readonly recallMs: number | 'off'
  /**
   * Up to which age the sender may edit a message. 24 h, as for a recall: a sender who may recall it may also correct
   * it.
   */
  readonly editMs: number | 'off'
}

export const timing: Options<Timing> = {
  heartbeatMs: standard(10_000, count),
  leaseMs: standard(30_000, count),
  leaseTickMs: standard(2_000, count),
  topicKeepMs: standard(60_000, count),
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

/** The rules of groups. */
export interface GroupRules {
  /** Whether plain members may add others. Default: false, only the owner and the admins may. */
  readonly membersMayAdd: boolean
  /**
   * Whether a new member may read earlier messages. Default: `from-now`, because others wrote them without this member.
   */
  readonly joinersRead: 'from-now' | 'everything'
}

export const groupRules: Options<GroupRules> = {
  membersMayAdd: standard(false, flag('is not a boolean: give true or false')),
  joinersRead: standard(
    'from-now',
    oneOf(['from-now', 'everything'], "is not one of its values: give 'from-now' or 'everything'"),
  ),
}

/** How messages reach the members of groups. */
export interface FanOutRules {
  /**
   * A group that grows above this many members is fanned out on read from then on. 50: measured (docs/decisions). Live
   * delivery then carries up to four times as many messages as on write, and catching up takes a fifth longer.
   */
  readonly readAbove: number
}

export const fanOutRules: Options<FanOutRules> = { readAbove: standard(50, count) }

/** How a node leaves. */
export interface DrainRules {
  /**
   * Clients per second that a node which drains sends to the other nodes. 500: measured, a quarter of what one core logs
   * in. It rises where the last client would be told after 0.8 of `timing.drainMs`.
   */
  readonly loginsPerSecond: number
}

export const drainRules: Options<DrainRules> = { loginsPerSecond: standard(500, count) }

/** A token bucket. A session above the rate is slowed down, not refused. */
export interface Rate {
  /** Requests per second in the long run. Default: 50. */
  readonly perSecond: number
  /** Requests at once. Default: 200. */
  readonly burst: number
}

const noRate = "has the wrong form: give { perSecond, burst } with burst from 1, or 'off'"

const rate: Options<Rate> = {
  perSecond: passing((value) => typeof value === 'number' && value > 0, noRate),
  burst: passing((value) => typeof value === 'number' && value >= 1, noRate),
}

/** Far above the rate of a person's client. */
export const rateOption: Option<Rate | 'off'> = standard({ perSecond: 50, burst: 200 }, wholeGroup(rate, 'off', noRate))
