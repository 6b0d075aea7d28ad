// Maintenance on PostgreSQL. It opens its own connection when it needs one, so commits never wait for a connection.
import type { Database, Dialect, MessageSpan, Rows, Value, WritableRows } from '../maintenance/dialect.js'
import { systemUser } from '../rows/codes.js'
import type { Tables } from '../rows/tables.js'
import { failureOf, isPassing } from './faults.js'
import type { Link } from './link.js'
import type { Pool } from '../pool.js'

const triesMax = 5

const postgresDialect = (t: Tables): Dialect => ({
  tables: t,
  person: 'person',
  deliveredOn: 'conversation',
  lock: (table, ids) => `SELECT FROM ${t[table]}
    WHERE ${table}_id = ANY (ARRAY(SELECT ${table}_id FROM ${t[table]} WHERE id IN (${ids.join(', ')})))
    ORDER BY ${table}_id FOR NO KEY UPDATE`,
  dropKeys: (span) => [`DELETE FROM ${t.key} k USING ${t.message} m WHERE ${within(span)} AND ${ofMessage}`],
  detachKeys: (span) => `UPDATE ${t.key} k SET digest = m.digest, msg_id = m.msg_id, at = m.server_time
    FROM ${t.message} m WHERE ${within(span)} AND ${ofMessage}`,
  standsFor: (k, m) => `${m}.conversation = ${k}.conversation AND ${m}.seq = ${k}.seq`,
  pointsAt: (_i, m) => `${m}.seq IS NOT NULL`,
  pointAgain: () => [],
  // Partial indexes find these rows.
  isFound: () => 'true',
  lastOf: [],
  markAgain: () => [],
  editsOf: (span, user) => `conversation = ${span.conversation} AND seq = ANY (ARRAY(
    SELECT e.seq FROM ${t.message} m JOIN ${t.edit} e ON e.conversation = m.conversation AND e.target = m.seq
      WHERE ${within(span)} AND m.sender = ${user}))`,
  dropBeside: (conversation, to) => [
    `DELETE FROM ${t.reaction} WHERE conversation = ${conversation} AND seq <= ${to}`,
    `DELETE FROM ${t.edit} WHERE conversation = ${conversation} AND target <= ${to}`,
  ],
  dropDetached: (before, most) => [
    `DELETE FROM ${t.key} k
      USING (SELECT person, client_msg_id FROM ${t.key} WHERE at < ${before} ORDER BY at LIMIT ${most}) old
      WHERE k.person = old.person AND k.client_msg_id = old.client_msg_id`,
  ],
})

const within = ({ conversation, from, to }: MessageSpan): string =>
  `m.conversation = ${conversation} AND m.seq > ${from} AND m.seq <= ${to}`

const ofMessage = `k.person = coalesce(m.sender, ${systemUser}) AND k.client_msg_id = m.client_msg_id
    AND k.conversation = m.conversation AND k.seq = m.seq`

export class PostgresMaintaining implements Database {
  readonly dialect: Dialect

  constructor(
    private readonly pool: Pool<Link>,
    tables: Tables,
    private readonly callTimeoutMs: number,
  ) {
    this.dialect = postgresDialect(tables)
  }

  async all<Row extends readonly unknown[]>(sql: string, values: readonly Value[] = []): Promise<Row[]> {
    const text = numbered(sql)
    return this.#with((link) => link.rows(text, values, this.callTimeoutMs)) as Promise<unknown> as Promise<Row[]>
  }

  /** Runs a transaction again that failed by a deadlock. */
  async carryOut(statements: readonly string[]): Promise<readonly number[]> {
    return this.#with(async (link) => {
      for (let tries = 1; ; tries += 1) {
        try {
          return await link.script(statements, this.callTimeoutMs)
        } catch (error) {
          if (tries === triesMax || !isPassing(error)) throw error
        }
      }
    })
  }

  async snapshot<T>(work: (rows: Rows) => Promise<T>): Promise<T> {
    return this.#within('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', work)
  }

  async transaction<T>(work: (rows: WritableRows) => Promise<T>): Promise<T> {
    return this.#within('BEGIN', work)
  }

  async #within<T>(begin: string, work: (rows: WritableRows) => Promise<T>): Promise<T> {
    return this.#with(async (link) => {
      const ask = async (sql: string, values: readonly Value[] = []): Promise<unknown> =>
        link.rows(numbered(sql), values, this.callTimeoutMs)
      await ask(begin)
      try {
        const result = await work({ all: ask as Rows['all'], run: async (...args) => void (await ask(...args)) })
        await ask('COMMIT')
        return result
      } catch (error) {
        // A connection that cannot roll back is not used again.
        if (link.isOpen) await ask('ROLLBACK').catch(() => link.destroy())
        throw error
      }
    })
  }

  async #with<T>(use: (link: Link) => Promise<T>): Promise<T> {
    try {
      return await this.pool.with(this.callTimeoutMs, use)
    } catch (error) {
      throw failureOf(error)
    }
  }
}

/** Replaces each `?` with a numbered parameter of PostgreSQL. */
function numbered(sql: string): string {
  let count = 0
  return sql.replaceAll('?', () => `$${(count += 1)}`)
}
