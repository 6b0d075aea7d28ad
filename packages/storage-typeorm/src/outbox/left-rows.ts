// Rows in a table of an earlier version of the outbox. Earlier versions named the table without its schema. So it was
// in the first schema of the search path, whatever the DataSource's option `schema` said, and apps with several schemas
// shared it.
import type { EntityManager } from 'typeorm'
import { quoted } from '../postgres/quoted.js'
import { outboxColumns } from './outbox-sql.js'

interface Place {
  readonly schema: string
  readonly tableName: string
}

/**
 * Runs `create`, then moves the rows in their order.
 * @param create makes the table; left out where it exists
 * @throws Error of one line where other apps may have put them
 */
export async function moveLeftRows(tx: EntityManager, at: Place, create?: () => Promise<unknown>): Promise<void> {
  const left: string[] = []
  for (const schema of await earlierSchemas(tx, at)) {
    if (await mayTake(tx, at, schema, create === undefined)) left.push(schema)
  }
  await create?.()
  const columns = 'id, request, put_at, parked'
  const place = nameIn(at.schema, at)
  for (const schema of left) {
    await tx.query(
      `WITH taken AS (DELETE FROM ${nameIn(schema, at)} RETURNING position, ${columns})
        INSERT INTO ${place} (${columns}) SELECT ${columns} FROM taken ORDER BY position ON CONFLICT DO NOTHING`,
    )
  }
}

/** Other schemas of the search path that have such a table with rows, which this role can move. */
async function earlierSchemas(tx: EntityManager, { schema, tableName }: Place): Promise<string[]> {
  const found: { schema: string }[] = await tx.query(
    `SELECT n.nspname AS schema FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relname = $1 AND c.relkind = 'r' AND n.nspname <> $2 AND n.nspname = ANY (current_schemas(false))
        AND has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'DELETE')
        AND $3 = (SELECT count(*)::int FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = ANY ($4))`,
    [tableName, schema, outboxColumns.length, [...outboxColumns]],
  )
  const filled: string[] = []
  for (const one of found) {
    const [row]: { found: boolean }[] = await tx.query(
      `SELECT EXISTS (SELECT FROM ${nameIn(one.schema, { schema, tableName })}) AS found`,
    )
    if (row?.found === true) filled.push(one.schema)
  }
  return filled
}

/**
 * Whether the rows are this app's. They are where the database has no other tables of chat and no other outbox. Where
 * chat's tables are beside the rows, the rows belong to chat's app, once this app has its own table.
 * @throws Error of one line where it cannot decide that
 */
async function mayTake(tx: EntityManager, at: Place, schema: string, isThere: boolean): Promise<boolean> {
  const { tableName } = at
  const meta = `${tableName.slice(0, -'outbox'.length)}meta`
  const rows: { schema: string; name: string }[] = await tx.query(
    `SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relname IN ($1, $2) AND c.relkind = 'r' AND (c.relname = $1 OR n.nspname <> $3)
      ORDER BY n.nspname`,
    [meta, tableName, schema],
  )
  const others = rows.filter((row) => row.schema !== at.schema)
  if (others.length === 0) return true
  if (isThere && others.some((row) => row.schema === schema && row.name === meta)) return false
  const [here, there] = [nameIn(schema, at), nameIn(at.schema, at)]
  const apps = [...new Set([at.schema, ...others.map((row) => row.schema)])].map(quoted).join(', ')
  throw new Error(
    `${here} holds rows that more than one app may have put (chat is in ${apps}): ${
      isThere ? '' : `run CREATE TABLE ${there} (LIKE ${here} INCLUDING ALL), `
    }move what is this app's by INSERT INTO ${there} (id, request, put_at, parked) SELECT id, request, put_at, parked FROM ${here} WHERE … ORDER BY position, delete it from ${here}, and start again`,
  )
}

const nameIn = (schema: string, { tableName }: Place): string => `${quoted(schema)}.${quoted(tableName)}`
