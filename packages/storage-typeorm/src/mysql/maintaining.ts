// Maintenance on MySQL. It opens its own connection when it needs one, so commits never wait for a connection.
import type { Database, Dialect, MessageSpan, Rows, Value, WritableRows } from '../maintenance/dialect.js'
import type { Pool } from '../pool.js'
import { flag, systemUser } from '../rows/codes.js'
import { failureOf, isPassing } from './faults.js'
import type { Link } from './link.js'
import type { Frame } from './session.js'
import type { Sql } from './sql.js'
import type { MysqlTables } from './tables.js'

const triesMax = 5

const mysqlDialect = (t: MysqlTables): Dialect => ({
  tables: t,
  person: 'person',
  deliveredOn: 'member',
  // The limit makes the server build a table that keeps its order. The forced index keeps the server from scanning the
  // index of that order instead.
  lock: (table, ids) => `SELECT x.id
    FROM (SELECT ${table}_id FROM ${t[table]} FORCE INDEX (PRIMARY) WHERE id IN (${ids.join(', ')})
      ORDER BY ${table}_id LIMIT ${ids.length}) v
    STRAIGHT_JOIN ${t[table]} x FORCE INDEX (by_id) ON x.${table}_id = v.${table}_id FOR UPDATE`,
  dropKeys: (span) => [`DELETE k FROM ${keysOf(t)} WHERE ${within(span)}`],
  detachKeys: (span) => `UPDATE ${keysOf(t)} SET k.digest = m.digest, k.msg_id = m.msg_id, k.at = m.server_time
    WHERE ${within(span)}`,
  standsFor: (k, m) => `${m}.conversation = ${k}.conversation AND ${m}.seq = ${k}.seq`,
  pointsAt: (_i, m) => `${m}.seq IS NOT NULL`,
  pointAgain: () => [],
  isFound: (m) => `CASE WHEN ${m}.flags < ${flag.exceptional} THEN NOT EXISTS (SELECT 1 FROM ${t.exceptional} x
      WHERE x.conversation = ${m}.conversation AND x.seq = ${m}.seq)
    ELSE EXISTS (SELECT 1 FROM ${t.exceptional} x WHERE x.conversation = ${m}.conversation AND x.seq = ${m}.seq
      AND x.sender <=> ${m}.sender AND x.recalled = (${m}.flags & ${flag.recalled} <> 0)) END
    AND COALESCE(${mentions(m)}, false) = EXISTS (SELECT 1 FROM ${t.mention} n
      WHERE n.conversation = ${m}.conversation AND n.seq = ${m}.seq)`,
  lastOf: [
    ['lastExceptionalSeq', 'last_exceptional_seq', t.exceptional],
    ['lastMentionSeq', 'last_mention_seq', t.mention],
  ],
  markAgain: (span) => [
    `DELETE x FROM ${t.message} m FORCE INDEX (PRIMARY)
      STRAIGHT_JOIN ${t.exceptional} x ON x.conversation = m.conversation AND x.seq = m.seq
      WHERE ${within(span)} AND m.flags < ${flag.exceptional}`,
    `INSERT INTO ${t.exceptional} (conversation, seq, sender, recalled)
      SELECT m.conversation, m.seq, m.sender, m.flags & ${flag.recalled} <> 0 FROM ${t.message} m
      WHERE ${within(span)} AND m.flags >= ${flag.exceptional}
      ON DUPLICATE KEY UPDATE sender = m.sender, recalled = m.flags & ${flag.recalled} <> 0`,
    `DELETE n FROM ${t.message} m FORCE INDEX (PRIMARY)
      STRAIGHT_JOIN ${t.mention} n ON n.conversation = m.conversation AND n.seq = m.seq
      WHERE ${within(span)} AND NOT COALESCE(${mentions('m')}, false)`,
    `INSERT INTO ${t.mention} (conversation, seq) SELECT m.conversation, m.seq FROM ${t.message} m
      WHERE ${within(span)} AND ${mentions('m')} ON DUPLICATE KEY UPDATE seq = m.seq`,
    ...(['exceptional', 'mention'] as const).map(
      (kind) => `UPDATE ${t.conversation} SET last_${kind}_seq = (SELECT COALESCE(MAX(seq), 0) FROM ${t[kind]}
        WHERE conversation = ${span.conversation}) WHERE id = ${span.conversation}`,
    ),
  ],
  // An UPDATE may read its own table only through a derived table.
  editsOf: (span, user) => `conversation = ${span.conversation} AND seq IN (SELECT v.seq FROM (
    SELECT e.seq FROM ${t.message} m FORCE INDEX (PRIMARY)
      STRAIGHT_JOIN ${t.edit} e ON e.conversation = m.conversation AND e.target = m.seq
      WHERE ${within(span)} AND m.sender = ${user}) v)`,
  dropBeside: (conversation, to) => [
    `DELETE FROM ${t.reaction} WHERE conversation = ${conversation} AND seq <= ${to}`,
    `DELETE FROM ${t.edit} WHERE conversation = ${conversation} AND target <= ${to}`,
    `DELETE FROM ${t.exceptional} WHERE conversation = ${conversation} AND seq <= ${to}`,
    `DELETE FROM ${t.mention} WHERE conversation = ${conversation} AND seq <= ${to}`,
  ],
  dropDetached: (before, most) => [`DELETE FROM ${t.key} WHERE at < ${before} ORDER BY at LIMIT ${most}`],
})

/** Whether a message mentions somebody and was not recalled. */
const mentions = (m: string): string =>
  `CHAR_LENGTH(${m}.mentions) > 1 AND ${m}.flags & ${flag.countable | flag.recalled} = ${flag.countable}`

const within = ({ conversation, from, to }: MessageSpan): string =>
  `m.conversation = ${conversation} AND m.seq > ${from} AND m.seq <= ${to}`

/** Messages `m` with the keys `k` that still refer to them. */
const keysOf = (t: MysqlTables): string => `${t.message} m FORCE INDEX (PRIMARY)
    STRAIGHT_JOIN ${t.key} k FORCE INDEX (PRIMARY) ON k.person = COALESCE(m.sender, ${systemUser})
      AND k.client_msg_id = m.client_msg_id AND k.conversation = m.conversation AND k.seq = m.seq`

export class MysqlMaintaining implements Database {
  readonly dialect: Dialect

  constructor(
    private readonly pool: Pool<Link>,
    private readonly sql: Sql,
    private readonly frame: Frame,
    private readonly callTimeoutMs: number,
  ) {
    this.dialect = mysqlDialect(sql.t)
  }

  async all<Row extends readonly unknown[]>(text: string, values: readonly Value[] = []): Promise<Row[]> {
    return this.#with((link) => this.#ask<Row>(link, text, values))
  }

  /** Runs a transaction again that failed by a deadlock. */
  async carryOut(statements: readonly string[]): Promise<readonly number[]> {
    const { begin, commit, rollback } = this.frame
    return this.#with(async (link) => {
      for (let tries = 1; ; tries += 1) {
        try {
          const changed = await link.change([...begin, ...statements, ...commit], this.callTimeoutMs)
          return changed.slice(begin.length, begin.length + statements.length)
        } catch (error) {
          if (link.isOpen) await link.ask(rollback, this.callTimeoutMs)
          if (tries === triesMax || !isPassing(error)) throw error
        }
      }
    })
  }

  async snapshot<T>(work: (rows: Rows) => Promise<T>): Promise<T> {
    return this.#within(
      ['SET TRANSACTION ISOLATION LEVEL REPEATABLE READ', 'START TRANSACTION READ ONLY, WITH CONSISTENT SNAPSHOT'],
      work,
    )
  }

  async transaction<T>(work: (rows: WritableRows) => Promise<T>): Promise<T> {
    return this.#within(this.frame.begin, work)
  }

  async #within<T>(begin: readonly string[], work: (rows: WritableRows) => Promise<T>): Promise<T> {
    return this.#with(async (link) => {
      await link.ask(begin, this.callTimeoutMs)
      try {
        const result = await work({
          all: (text, values) => this.#ask(link, text, values),
          run: async (text, values) => void (await this.#ask(link, text, values)),
        })
        await link.ask(this.frame.commit, this.callTimeoutMs)
        return result
      } catch (error) {
        // A connection that cannot roll back is not used again.
        if (link.isOpen) await link.ask(this.frame.rollback, this.callTimeoutMs).catch(() => link.destroy())
        throw error
      }
    })
  }

  async #ask<Row extends readonly unknown[]>(link: Link, text: string, values: readonly Value[] = []): Promise<Row[]> {
    const [rows = []] = await link.ask([this.#filled(text, values)], this.callTimeoutMs)
    return rows.map((row) => row.map(textOf)) as unknown as Row[]
  }

  /** The text with its values in it. It rewrites a comparison of a pair of columns so that MySQL uses an index. */
  #filled(text: string, values: readonly Value[]): string {
    let count = 0
    return text
      .replaceAll('?', () => `?${count++}?`)
      .replace(
        /\(([\w.]+), ([\w.]+)\) > \((\?\d+\?), (\?\d+\?)\)/,
        (_, one: string, two: string, x: string, y: string) => `(${one} >= ${x} AND (${one} > ${x} OR ${two} > ${y}))`,
      )
      .replaceAll(/\?(\d+)\?/g, (_, place: string) => this.#literal(values[Number(place)] ?? null))
  }

  #literal(value: Value): string {
    return typeof value === 'number' ? this.sql.int(value) : this.sql.text(value)
  }

  async #with<T>(use: (link: Link) => Promise<T>): Promise<T> {
    try {
      return await this.pool.with(this.callTimeoutMs, use)
    } catch (error) {
      throw failureOf(error)
    }
  }
}

/** Ids and keys come as bytes. */
const textOf = (value: unknown): unknown => (Buffer.isBuffer(value) ? value.toString('utf8') : value)
