// How long things are kept, and how what is older is taken away. All of it are options.

/** Each with its default and reason. Times in ms; `off` keeps for ever. */
export interface Retention {
  /**
   * How long inbox entries are kept, at least seven days. A device that stayed away longer is told `truncated`, and fills
   * conversations from history. 30 days: whoever comes back later looks at a few conversations, not at everything missed.
   */
  readonly inboxMs: number | 'off'
  /** How long messages are kept in their conversations. For ever: history is the users' own; a host may owe them less. */
  readonly timelineMs: number | 'off'
  /** How many messages of each conversation are kept. Any number. */
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
export const sevenDaysMs = 7 * dayMs

export const defaultRetention: Retention = {
  inboxMs: 30 * dayMs,
  timelineMs: 'off',
  timelineCount: 'off',
  keysMs: 30 * dayMs,
  everyMs: 3_600_000,
  batchRows: 500,
  pauseMs: 100,
}
