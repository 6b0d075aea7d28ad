// The outbox's table and statements in each dialect. Texts come back byte for byte: request is text everywhere.
import type { DataSource, DataSourceOptions } from 'typeorm'

export interface OutboxSql {
  readonly create: string
  /** Values: id, request, put_at. */
  readonly insert: string
  /** Value: how many. */
  readonly read: string
  /** For so many ids. */
  remove(count: number): string
  /** Values: reason, id. */
  readonly park: string
}

const question = (): string => '?'
const dollar = (position: number): string => `$${position}`

const places = (count: number, place: (position: number) => string): string =>
  Array.from({ length: count }, (_, i) => place(i + 1)).join(', ')

/**
 * Statements for the kind of database that the host has.
 * @throws Error of one line where it is of a kind that is not supported.
 */
export function outboxSql(type: DataSourceOptions['type'], prefix: string): OutboxSql {
  const table = `${prefix}outbox`
  switch (type) {
    case 'better-sqlite3':
      return statements(
        table,
        `position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, request TEXT NOT NULL, put_at INTEGER NOT NULL, parked TEXT`,
        question,
      )
    case 'postgres':
      return statements(
        table,
        `position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, request text NOT NULL, put_at bigint NOT NULL, parked text`,
        dollar,
      )
    case 'mysql':
    case 'mariadb':
      return {
        ...statements(
          table,
          `position bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, id varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE, request longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, put_at bigint NOT NULL, parked text CHARACTER SET utf8mb4`,
          question,
        ),
        // Of a small table the server would rather look at every row, and wait for those of transactions that run.
        remove: (count) => `DELETE o FROM ${table} o FORCE INDEX (id) WHERE o.id IN (${places(count, question)})`,
      }
    default:
      throw new Error(
        `the app's DataSource is of type '${type}'; the outbox works in 'better-sqlite3', 'postgres', 'mysql' and 'mariadb'`,
      )
  }
}

/** Makes the table where it is missing. */
export async function createTable(host: DataSource, { create }: OutboxSql): Promise<void> {
  if (host.options.type !== 'postgres') {
    await host.query(create)
    return
  }
  // PostgreSQL fails those that make one table at once, IF NOT EXISTS or not: the lock makes them take turns.
  await host.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [create])
    await tx.query(create)
  })
}

function statements(table: string, columns: string, place: (position: number) => string): OutboxSql {
  return {
    create: `CREATE TABLE IF NOT EXISTS ${table} (${columns})`,
    insert: `INSERT INTO ${table} (id, request, put_at) VALUES (${place(1)}, ${place(2)}, ${place(3)})`,
    read: `SELECT id, request FROM ${table} WHERE parked IS NULL ORDER BY position LIMIT ${place(1)}`,
    remove: (count) => `DELETE FROM ${table} WHERE id IN (${places(count, place)})`,
    park: `UPDATE ${table} SET parked = ${place(1)} WHERE id = ${place(2)}`,
  }
}
