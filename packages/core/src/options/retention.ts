// How long things are kept, and how what is older is taken away. All of it are options.
import { count, countOrOff, offFrom } from './counts.js'
import { type Options, standard } from './declare.js'

/** Each with its default and reason. Times in ms; `off` keeps for ever. */
export interface Retention {
  /**
   * How long inbox entries are kept, at least seven days. A device that stayed away longer is told `truncated`, and fills
   * conversations from history. 30 days: whoever comes back later looks at a few conversations, not at everything missed.
   */
  readonly inboxMs: number | 'off'
  /** How long messages are kept in their conversations. `off`, for ever: history is the users' own; a host may owe them less. */
  readonly timelineMs: number | 'off'
  /** How many messages of each conversation are kept. `off`: any number. */
  readonly timelineCount: number | 'off'
  /** How long a `clientMsgId` is known, at least seven days. 30 days: as long as a device may come back and send again. */
  readonly keysMs: number | 'off'
  /** How long after one run the next begins. 1 h: each has little to do. */
  readonly everyMs: number
  /** Rows looked at or taken in one step. 500: a transaction of some milliseconds, as long as a full commit of messages. */
  readonly batchRows: number
  /** How long a run rests between two steps. 100 ms: messages have the database for most of the time. */
  readonly pauseMs: number
}

const dayMs = 86_400_000
/** What is sent again may be that old. */
const leastMs = 7 * dayMs

const sevenDaysOrOff = offFrom(
  leastMs,
  `is shorter than seven days: give at least ${leastMs}: what is sent again may be that old`,
)

export const retention: Options<Retention> = {
  inboxMs: standard(30 * dayMs, sevenDaysOrOff),
  timelineMs: standard('off', countOrOff),
  timelineCount: standard('off', countOrOff),
  keysMs: standard(30 * dayMs, sevenDaysOrOff),
  everyMs: standard(3_600_000, count),
  batchRows: standard(500, count),
  pauseMs: standard(100, count),
}
