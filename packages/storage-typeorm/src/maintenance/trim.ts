// Removes old rows. Each page reads some counter rows and finds, without a lock, the rows above their floors that
// exceed the limits. Then it removes these rows and moves the floors in one transaction. The rows cannot change in
// between: nobody writes at the old end of a timeline, and another trim only moves the same floors.
import type { MaintenanceStep, Trimmed, TrimLimits } from '@rookery/core'
import type { Database } from './dialect.js'
import { walk, type PageDone, type Part } from './walk.js'

/** A timeline that begins above `floor`, with the time of its first row; null where that row is missing. */
type Counter = [id: number, floor: number, head: number, firstAt: number | null]
type Aged = [seq: number, at: number, ordinal: number]

/** The cost of work on one timeline, in removed rows. */
const cutCost = 4

/** How far a timeline is trimmed: the last row that is removed, and its ordinal. */
interface Cut {
  readonly id: number
  readonly floor: number
  readonly to: number
  readonly ordinal: number
}

export async function trim(db: Database, limits: TrimLimits, step: MaintenanceStep): Promise<Trimmed> {
  const { inboxBefore, timelineBefore, timelineCount, keysBefore } = limits
  const removed = { entries: 0, messages: 0, keys: 0 }
  const parts: Part[] = []
  if (inboxBefore !== null)
    parts.push({
      over: 'user',
      page: (after, rows) =>
        page(db, inboxes(db), { after, rows, before: inboxBefore, keep: null }, async (cuts) => {
          removed.entries += await trimInboxes(db, cuts)
        }),
    })
  if (keysBefore !== null)
    // Keys are trimmed before messages, so that few keys must store their answers themselves.
    parts.push({
      over: 'conversation',
      page: (after, rows) =>
        page(db, messages(db, 'key_floor'), { after, rows, before: keysBefore, keep: null }, async (cuts) => {
          removed.keys += await trimMessageKeys(db, cuts)
        }),
    })
  if (timelineBefore !== null || timelineCount !== null)
    parts.push({
      over: 'conversation',
      page: (after, rows) =>
        page(
          db,
          messages(db, 'floor_seq'),
          { after, rows, before: timelineBefore ?? 0, keep: timelineCount },
          async (cuts) => {
            removed.messages += await trimTimelines(db, cuts)
          },
        ),
    })
  if (keysBefore !== null)
    parts.push({
      over: null,
      async page(_after, rows) {
        const taken = (await db.carryOut(db.dialect.dropDetached(keysBefore, rows))).at(-1) ?? 0
        removed.keys += taken
        return taken < rows ? null : 0
      },
    })
  return { ...(await walk(db, parts, step)), ...removed }
}

/** Where timelines of one kind and their counters are stored. */
interface Kind {
  /** Reads `Counter`s with a number above the first parameter, at most as many as the second. */
  readonly counters: string
  /** Reads `Aged` rows of the timeline in the first parameter, above the second, at most as many as the third. */
  readonly rows: string
}

function inboxes({ dialect: { tables: t, person } }: Database): Kind {
  return {
    counters: `SELECT u.id, u.floor, u.head,
        (SELECT i.at FROM ${t.inbox} i WHERE i.${person} = u.id AND i.seq = u.floor + 1)
      FROM ${t.user} u WHERE u.id > ? ORDER BY u.id LIMIT ?`,
    rows: `SELECT seq, at, 0 FROM ${t.inbox} WHERE ${person} = ? AND seq > ? ORDER BY seq LIMIT ?`,
  }
}

/** Keys have their own floor, which is never below that of the messages. */
function messages({ dialect: { tables: t } }: Database, floor: 'floor_seq' | 'key_floor'): Kind {
  const above =
    floor === 'floor_seq' ? 'c.floor_seq' : 'CASE WHEN c.key_floor > c.floor_seq THEN c.key_floor ELSE c.floor_seq END'
  return {
    counters: `SELECT c.id, ${above}, c.last_seq,
        (SELECT m.server_time FROM ${t.message} m WHERE m.conversation = c.id AND m.seq = ${above} + 1)
      FROM ${t.conversation} c WHERE c.id > ? ORDER BY c.id LIMIT ?`,
    rows: `SELECT seq, server_time, ordinal FROM ${t.message} WHERE conversation = ? AND seq > ? ORDER BY seq LIMIT ?`,
  }
}

interface Asked {
  readonly after: number
  readonly rows: number
  readonly before: number
  /** How many young rows of a timeline may stay; null where there is no limit. */
  readonly keep: number | null
}

async function page(
  db: Database,
  kind: Kind,
  { after, rows, before, keep }: Asked,
  take: (cuts: readonly Cut[]) => Promise<void>,
): Promise<PageDone> {
  const counters = await db.all<Counter>(kind.counters, [after, rows])
  const cuts: Cut[] = []
  let left = rows
  let reached = after
  for (const [id, floor, head, firstAt] of counters) {
    const byCount = keep === null ? 0 : head - keep
    const isOverdue = floor < head && (firstAt === null || firstAt < before || floor < byCount)
    const cut = isOverdue ? await cutOf(db, kind, { id, floor, byCount, before, most: left }) : null
    if (cut !== null) {
      cuts.push(cut)
      left -= cut.to - cut.floor + cutCost
    }
    // Where the page ends within a timeline, the next page goes on there.
    if (left <= 0) break
    reached = id
  }
  if (cuts.length > 0) await take(cuts)
  return counters.length < rows && left > 0 ? null : reached
}

/** The rows from the old end on that all exceed the limits. */
async function cutOf(
  db: Database,
  kind: Kind,
  { id, floor, byCount, before, most }: { id: number; floor: number; byCount: number; before: number; most: number },
): Promise<Cut | null> {
  const aged = await db.all<Aged>(kind.rows, [id, floor, most])
  const young = aged.findIndex(([seq, at]) => seq > byCount && at >= before)
  const last = aged[(young < 0 ? aged.length : young) - 1]
  return last === undefined ? null : { id, floor, to: last[0], ordinal: last[2] }
}

/** The statements for one timeline. The count is that of the rows of the last statement that removes. */
interface Taking {
  readonly take: readonly string[]
  readonly move: string
}

/** Locks the counters of all cuts, then trims them one by one. Answers how many rows it removed. */
async function taking(
  db: Database,
  table: 'user' | 'conversation',
  cuts: readonly Cut[],
  of: (cut: Cut) => Taking,
): Promise<number> {
  const ids = cuts.map(({ id }) => id)
  const statements = [db.dialect.lock(table, ids)].filter((lock) => lock !== null)
  const counted: number[] = []
  for (const { take, move } of cuts.map(of)) {
    statements.push(...take)
    counted.push(statements.length - 1)
    statements.push(move)
  }
  const changed = await db.carryOut(statements)
  return counted.reduce((sum, place) => sum + (changed[place] ?? 0), 0)
}

function trimInboxes(db: Database, cuts: readonly Cut[]): Promise<number> {
  const { tables: t, person } = db.dialect
  return taking(db, 'user', cuts, ({ id, to }) => ({
    take: [`DELETE FROM ${t.inbox} WHERE ${person} = ${id} AND seq <= ${to}`],
    move: `UPDATE ${t.user} SET floor = ${to} WHERE id = ${id} AND floor < ${to}`,
  }))
}

function trimTimelines(db: Database, cuts: readonly Cut[]): Promise<number> {
  const { tables: t } = db.dialect
  return taking(db, 'conversation', cuts, ({ id, floor, to, ordinal }) => ({
    take: [
      db.dialect.detachKeys({ conversation: id, from: floor, to }),
      ...db.dialect.dropBeside(id, to),
      `DELETE FROM ${t.message} WHERE conversation = ${id} AND seq <= ${to}`,
    ],
    move: `UPDATE ${t.conversation} SET floor_seq = ${to}, floor_count = ${ordinal}
      WHERE id = ${id} AND floor_seq < ${to}`,
  }))
}

function trimMessageKeys(db: Database, cuts: readonly Cut[]): Promise<number> {
  const { tables: t } = db.dialect
  return taking(db, 'conversation', cuts, ({ id, floor, to }) => ({
    take: db.dialect.dropKeys({ conversation: id, from: floor, to }),
    move: `UPDATE ${t.conversation} SET key_floor = ${to} WHERE id = ${id} AND key_floor < ${to}`,
  }))
}
