// The outbox's table and statements in each dialect. `request` is text in all of them, so that it comes back byte for
// byte.
import type { DataSourceOptions } from 'typeorm'
import type { SqlValue } from '../sqlite/driver.js'

/** The kinds of database that the outbox works in. */
export type OutboxDialect = 'better-sqlite3' | 'postgres' | 'mysql' | 'mariadb'

export interface OutboxSql {
  readonly create: string
  /** Changes nothing, and fails outside of a transaction; null where the server has no such statement. */
  readonly lock: string | null
  /** Values: id, request, put_at. */
  readonly insert: string
  /** The rows that are not parked, without these, oldest first. */
  read(limit: number, except: readonly string[]): Statement
  /** For this number of ids: those of them that are not parked. */
  find(count: number): string
  /** For this number of ids. */
  remove(count: number): string
  /** Values: reason, id. */
  readonly park: string
  /** Values: a position, the number of rows. */
  readonly parked: string
  readonly countParked: string
  /** For this number of ids: those of them that are parked. */
  whichParked(count: number): string
  /** For this number of ids. */
  unpark(count: number): string
  drop(count: number): string
}

/** A statement with its values. */
interface Statement {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

/** The columns that every version of the table has. */
export const outboxColumns = ['position', 'id', 'request', 'put_at', 'parked'] as const

/** Text columns on MySQL, each with its character set, so that the server's and the database's do not matter. */
export const mysqlTexts = {
  id: 'varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL',
  request: 'longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL',
  parked: 'text CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
} as const

/** The table's engine on MySQL. In another one a rolled-back row would stay. */
export const mysqlEngine = 'ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'

const question = (): string => '?'
const dollar = (position: number): string => `$${position}`

const places = (count: number, place: (position: number) => string): string =>
  Array.from({ length: count }, (_, i) => place(i + 1)).join(', ')

export const isOutboxDialect = (type: DataSourceOptions['type']): type is OutboxDialect =>
  type === 'better-sqlite3' || type === 'postgres' || type === 'mysql' || type === 'mariadb'

/** @param table its name for a statement: quoted, and with its schema or database */
export function outboxSql(type: OutboxDialect, table: string): OutboxSql {
  if (type === 'better-sqlite3') {
    const columns = `position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, request TEXT NOT NULL, put_at INTEGER NOT NULL, parked TEXT`
    return {
      create: `CREATE TABLE IF NOT EXISTS ${table} (${columns})`,
      lock: null,
      ...statements(table, question, butJson('SELECT value FROM json_each(?)')),
    }
  }
  if (type === 'postgres') {
    const columns = `position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, request text NOT NULL, put_at bigint NOT NULL, parked text`
    return {
      create: `CREATE TABLE IF NOT EXISTS ${table} (${columns})`,
      // The weakest lock there is. It conflicts with no statement but DROP, TRUNCATE and ALTER.
      lock: `LOCK TABLE ${table} IN ACCESS SHARE MODE`,
      ...statements(table, dollar, butJson('SELECT jsonb_array_elements_text($1::jsonb)')),
    }
  }
  const { id, request, parked } = mysqlTexts
  const columns = `position bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, id ${id} UNIQUE, request ${request}, put_at bigint NOT NULL, parked ${parked}`
  return {
    create: `CREATE TABLE IF NOT EXISTS ${table} (${columns}) ${mysqlEngine}`,
    lock: null,
    ...statements(table, question, butThese),
    // On a small table the server would read every row, and wait for those of running transactions.
    remove: (count) => `DELETE o FROM ${table} o FORCE INDEX (id) WHERE o.id IN (${places(count, question)})`,
    unpark: (count) =>
      `UPDATE ${table} FORCE INDEX (id) SET parked = NULL WHERE id IN (${places(count, question)}) AND parked IS NOT NULL`,
    drop: (count) =>
      `DELETE o FROM ${table} o FORCE INDEX (id) WHERE o.id IN (${places(count, question)}) AND o.parked IS NOT NULL`,
  }
}

/** Ends a condition that excludes any number of ids. */
const butJson =
  (list: string) =>
  (ids: readonly string[]): Statement =>
    ids.length === 0 ? { sql: '', values: [] } : { sql: ` AND id NOT IN (${list})`, values: [JSON.stringify(ids)] }

const butThese = (ids: readonly string[]): Statement =>
  ids.length === 0 ? { sql: '', values: [] } : { sql: ` AND id NOT IN (${places(ids.length, question)})`, values: ids }

function statements(
  table: string,
  place: (position: number) => string,
  but: (ids: readonly string[]) => Statement,
): Omit<OutboxSql, 'create' | 'lock'> {
  const among = (count: number): string => `id IN (${places(count, place)})`
  return {
    insert: `INSERT INTO ${table} (id, request, put_at) VALUES (${place(1)}, ${place(2)}, ${place(3)})`,
    read: (limit, except) => {
      const { sql, values } = but(except)
      return {
        sql: `SELECT id, request FROM ${table} WHERE parked IS NULL${sql} ORDER BY position LIMIT ${place(values.length + 1)}`,
        values: [...values, limit],
      }
    },
    find: (count) => `SELECT id, request FROM ${table} WHERE parked IS NULL AND ${among(count)} ORDER BY position`,
    remove: (count) => `DELETE FROM ${table} WHERE ${among(count)}`,
    park: `UPDATE ${table} SET parked = ${place(1)} WHERE id = ${place(2)}`,
    parked: `SELECT position, id, request, put_at, parked FROM ${table} WHERE parked IS NOT NULL AND position > ${place(1)} ORDER BY position LIMIT ${place(2)}`,
    countParked: `SELECT count(*) AS count FROM ${table} WHERE parked IS NOT NULL`,
    whichParked: (count) => `SELECT id FROM ${table} WHERE ${among(count)} AND parked IS NOT NULL`,
    unpark: (count) => `UPDATE ${table} SET parked = NULL WHERE ${among(count)} AND parked IS NOT NULL`,
    drop: (count) => `DELETE FROM ${table} WHERE ${among(count)} AND parked IS NOT NULL`,
  }
}
