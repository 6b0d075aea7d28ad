// What stands under our names in the schema in which chat stands.
import { ownTables, refuseForeign, refuseUnknown, type Found } from '../rows/standing.js'
import type { Tables } from '../rows/tables.js'
import type { Link } from './link.js'
import type { Functions } from './migrations/names.js'
import { quoted } from './quoted.js'

/** Every table that is made here. */
export const ownPostgresTables = (tables: Tables): ReturnType<typeof ownTables> => ownTables(tables)

/**
 * @returns the tables that are there
 * @throws Error of one line where one of them is not ours, or where they stand further along the search path
 */
export async function lookAtTables(link: Link, tables: Tables, timeoutMs: number): Promise<Found> {
  const own = ownPostgresTables(tables)
  const rows = (await link.query(
    `SELECT n.nspname AS schema, c.relname AS name, a.attname AS column,
        (SELECT nspname FROM pg_namespace WHERE oid = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass($2)))
          AS known
      FROM (SELECT current_schema() AS nspname) n
      LEFT JOIN pg_namespace s ON s.nspname = n.nspname
      LEFT JOIN pg_class c ON c.relnamespace = s.oid AND c.relname = ANY ($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`,
    [Object.keys(own), tables.migrations],
    timeoutMs,
  )) as { schema: string | null; name: string | null; column: string | null; known: string | null }[]
  const { schema = null, known = null } = rows[0] ?? {}
  if (schema === null)
    throw new Error('the search path leads to no schema that exists; make one that it names, or set the option schema')
  if (known !== null && known !== schema) {
    throw new Error(
      `chat's tables stand in ${quoted(known)}, and the search path leads to ${quoted(schema)} first; set the option schema to '${known}' to go on with them, or to '${schema}' to begin anew there`,
    )
  }
  const found = new Map<string, Set<string>>()
  for (const { name, column } of rows) {
    if (name !== null && column !== null) found.set(name, (found.get(name) ?? new Set()).add(column))
  }
  refuseForeign(own, found)
  refuseUnknown(own, found)
  return found
}

/** Whether all of our functions are there: a copy of the tables alone has none of them. */
export async function hasFunctions(link: Link, functions: Functions, timeoutMs: number): Promise<boolean> {
  const names = Object.values(functions) as string[]
  const [row] = (await link.query(
    `SELECT count(DISTINCT p.proname)::int AS n FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
      WHERE n.nspname = current_schema() AND p.proname = ANY ($1)`,
    [names],
    timeoutMs,
  )) as { n: number }[]
  return row?.n === names.length
}
