// Joins that the planner can carry out in one way only: for each row so far it looks up its rows in the next table.
// OFFSET 0 keeps the planner from reversing a join. It would do so while it takes a table for small, and the kept plan
// would then scan the table after it has grown.
import { entryKind } from '../rows/codes.js'
import type { Tables } from '../rows/tables.js'

/** `where` names the columns of `table` without an alias, and those of earlier tables by their alias. */
export const look = (kind: 'INNER' | 'LEFT', table: string, as: string, where: string): string =>
  `${kind} JOIN LATERAL (SELECT * FROM ${table} WHERE ${where} OFFSET 0) ${as} ON true`

/**
 * The newest message of each conversation among the entries of an inbox after `after`, up to `to`. It groups the
 * entries before it joins anything, because an inbox has far more entries than conversations.
 */
export const newestPointers = (t: Tables, person: string, after: string, to: string): string => `
  SELECT conversation, max(conversation_seq) AS up_to FROM ${t.inbox}
    WHERE person = ${person} AND seq > ${after} AND seq <= ${to} AND kind = ${entryKind.message}
    GROUP BY conversation OFFSET 0`
