// Maintenance on SQLite, inside the threads. Changes run in their own transactions between those of commits.
import type { Database, Dialect, MessageSpan, Rows, Value, WritableRows } from '../maintenance/dialect.js'
import { carryOutCall } from '../maintenance/calls.js'
import { systemUser } from '../rows/codes.js'
import type { Tables } from '../rows/tables.js'
import type { SqliteDatabase } from './driver.js'

/**
 * Marks keys that the next statement deletes. In an UPDATE SQLite finds keys by the keys of other rows; in a DELETE it
 * would read all keys of the users.
 */
const gone = -1

/** The name of calls to a thread that `maintenanceOver` made. */
export const maintenanceCall = 'maintenance'

const sqliteDialect = (t: Tables): Dialect => ({
  tables: t,
  person: 'user',
  deliveredOn: 'conversation',
  lock: () => null,
  dropKeys: (span) => [
    `UPDATE ${t.key} SET at = ${gone} FROM ${t.message} m WHERE ${within(span)} AND ${ofMessage(t)}`,
    `DELETE FROM ${t.key} WHERE at = ${gone}`,
  ],
  detachKeys: (span) => `UPDATE ${t.key} SET digest = m.digest, msg_id = m.msg_id, conversation = m.conversation,
      seq = m.seq, at = m.server_time, message = NULL
    FROM ${t.message} m WHERE ${within(span)} AND ${ofMessage(t)}`,
  standsFor: (k, m) => `${m}.id = ${k}.message`,
  pointsAt: (i, m) => `${m}.id = ${i}.message`,
  pointAgain: (user, seq) => [
    `UPDATE ${t.inbox} SET message = (SELECT m.id FROM ${t.message} m
        WHERE m.conversation = ${t.inbox}.conversation AND m.seq = ${t.inbox}.conversation_seq)
      WHERE user = ${user} AND seq = ${seq}`,
  ],
  // Partial indexes find these rows.
  isFound: () => 'true',
  lastOf: [],
  markAgain: () => [],
  editsOf: (span, user) => `conversation = ${span.conversation} AND target IN (
    SELECT m.seq FROM ${t.message} m WHERE ${within(span)} AND m.sender = ${user})`,
  dropBeside: (conversation, to) => [`DELETE FROM ${t.reaction} WHERE conversation = ${conversation} AND seq <= ${to}`],
  dropDetached: (before, most) => [
    `UPDATE ${t.key} SET at = ${gone}
      FROM (SELECT user, client_msg_id FROM ${t.key} WHERE at < ${before} ORDER BY at LIMIT ${most}) old
      WHERE ${t.key}.user = old.user AND ${t.key}.client_msg_id = old.client_msg_id`,
    `DELETE FROM ${t.key} WHERE at = ${gone}`,
  ],
})

const within = ({ conversation, from, to }: MessageSpan): string =>
  `m.conversation = ${conversation} AND m.seq > ${from} AND m.seq <= ${to}`

const ofMessage = ({ key }: Tables): string => `${key}.user = ifnull(m.sender, ${systemUser})
      AND ${key}.client_msg_id = m.client_msg_id AND ${key}.message = m.id`

export class SqliteMaintaining implements Database {
  readonly dialect: Dialect

  /**
   * @param changed called after each transaction that changed something, because the writer's cache may be wrong then
   */
  constructor(
    private readonly db: SqliteDatabase,
    tables: Tables,
    private readonly changed: () => void,
  ) {
    this.dialect = sqliteDialect(tables)
  }

  /** Carries out a call that `maintenanceOver` sent. */
  run(text: string): Promise<string> {
    return carryOutCall(this, text)
  }

  async all<Row extends readonly unknown[]>(sql: string, values: readonly Value[] = []): Promise<Row[]> {
    return this.db.prepare(sql).raw().all(values) as Row[]
  }

  async carryOut(statements: readonly string[]): Promise<readonly number[]> {
    // All in one turn: without threads another storage of this process would block the thread while it waits for the
    // lock, and the lock could not be released.
    this.db.exec('BEGIN IMMEDIATE')
    try {
      const changed = statements.map((sql) => this.db.prepare(sql).run([]).changes)
      this.db.exec('COMMIT')
      return changed
    } catch (error) {
      if (this.db.inTransaction) this.db.exec('ROLLBACK')
      throw error
    } finally {
      this.changed()
    }
  }

  async snapshot<T>(work: (rows: Rows) => Promise<T>): Promise<T> {
    return this.#within('BEGIN', () => work(this))
  }

  async transaction<T>(work: (rows: WritableRows) => Promise<T>): Promise<T> {
    const run = async (sql: string, values: readonly Value[] = []): Promise<void> =>
      void this.db.prepare(sql).run(values)
    return this.#within('BEGIN IMMEDIATE', () => work({ all: (...args) => this.all(...args), run }))
  }

  /** No other call runs in between: a thread answers one call after another. */
  async #within<T>(begin: string, work: () => Promise<T>): Promise<T> {
    this.db.exec(begin)
    try {
      const result = await work()
      this.db.exec('COMMIT')
      return result
    } catch (error) {
      if (this.db.inTransaction) this.db.exec('ROLLBACK')
      throw error
    } finally {
      if (begin !== 'BEGIN') this.changed()
    }
  }
}
