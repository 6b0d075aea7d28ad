// How long data is kept, and how older data is removed. All of these are options.
import { count, countOrOff, offFrom } from './counts.js'
import { type Options, standard } from './declare.js'

/** Each with its default and the reason for it. Times are in ms; `off` means for ever. */
export interface Retention {
  /**
   * How long inbox entries are kept, at least seven days. A device that stays away longer gets `truncated`, and fills
   * conversations from history. 30 days: a user who comes back later opens a few conversations, and does not read
   * everything that was missed.
   */
  readonly inboxMs: number | 'off'
  /**
   * How long messages are kept in their conversations. `off`, for ever: history belongs to the users; a host may owe
   * them less.
   */
  readonly timelineMs: number | 'off'
  /** How many messages of each conversation are kept. `off`: any number. */
  readonly timelineCount: number | 'off'
  /**
   * How long a `clientMsgId` is kept, at least seven days. 30 days: for as long a device may come back and send again.
   */
  readonly keysMs: number | 'off'
  /** The pause between two runs. 1 h: then each has little to do. */
  readonly everyMs: number
  /**
   * Rows that one step looks at or removes. 500: a transaction of some milliseconds, as long as a full commit of
   * messages.
   */
  readonly batchRows: number
  /** The pause between two steps of a run. 100 ms: messages have the database for most of the time. */
  readonly pauseMs: number
}

const dayMs = 86_400_000
/** A client may send a message again for this long. */
const leastMs = 7 * dayMs

const sevenDaysOrOff = offFrom(
  leastMs,
  `is shorter than seven days: give at least ${leastMs}, because a client may send again for that long`,
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
