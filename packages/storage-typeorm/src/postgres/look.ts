// Joins that can be carried out in one way only: by looking up, for each row so far, its rows in the next table. OFFSET 0
// keeps the planner from turning them round, which it would do while it takes a table for small: with a plan that is kept,
// that is a scan of a table which has grown since.
import { entryKind } from '../rows/codes.js'
import type { Tables } from '../rows/tables.js'

/** `where` names columns of `table` as they are, those of tables before it by their alias. */
export const look = (kind: 'INNER' | 'LEFT', table: string, as: string, where: string): string =>
  `${kind} JOIN LATERAL (SELECT * FROM ${table} WHERE ${where} OFFSET 0) ${as} ON true`

/**
 * The newest message of each conversation among the entries of an inbox behind `after`, up to `to`. Grouped before anything
 * is joined to it: an inbox has far more entries than conversations.
 */
export const newestPointers = (t: Tables, person: string, after: string, to: string): string => `
  SELECT conversation, max(conversation_seq) AS up_to FROM ${t.inbox}
    WHERE person = ${person} AND seq > ${after} AND seq <= ${to} AND kind = ${entryKind.message}
    GROUP BY conversation OFFSET 0`
