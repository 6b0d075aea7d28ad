// Checks the tables that have our names in chat's schema.
import { ownTables, refuseForeign, refuseUnknown, type Found } from '../rows/standing.js'
import type { Tables } from '../rows/tables.js'
import type { Link } from './link.js'
import type { Functions } from './migrations/names.js'
import { quoted } from './quoted.js'

/** Every table that this dialect makes. */
export const ownPostgresTables = (tables: Tables): ReturnType<typeof ownTables> => ownTables(tables)

/**
 * @returns the tables that are there
 * @throws Error of one line where one of them is not ours, or where they are in a later schema of the search path
 */
export async function lookAtTables(link: Link, tables: Tables, timeoutMs: number): Promise<Found> {
  const own = ownPostgresTables(tables)
  const { schema, known } = await placeOf(link, tables, timeoutMs)
  if (schema === null)
    throw new Error('the search path leads to no schema that exists; make one that it names, or set the option schema')
  if (known !== null && known !== schema) throw twoPlaces(known, schema)
  const rows = (await link.query(
    `SELECT c.relname AS name, a.attname AS column FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE n.nspname = $1 AND c.relname = ANY ($2) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`,
    [schema, Object.keys(own)],
    timeoutMs,
  )) as { name: string; column: string }[]
  const found = new Map<string, Set<string>>()
  for (const { name, column } of rows) found.set(name, (found.get(name) ?? new Set()).add(column))
  refuseForeign(own, found)
  refuseUnknown(own, found)
  return found
}

/** Whether all our functions exist. A database into which only the tables were copied lacks them. */
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

/**
 * Released versions ignored `options` in the host's `extra`, and put chat's tables where the role's own search path
 * leads. Nothing tells whose tables are there now, so chat asks the operator before it makes others.
 * @param without a connection without these options
 * @throws Error of one line
 */
export async function refuseLeftBehind(
  link: Link,
  without: () => Promise<Link>,
  tables: Tables,
  timeoutMs: number,
): Promise<void> {
  const here = await placeOf(link, tables, timeoutMs)
  if (here.known !== null) return
  const other = await without()
  try {
    const { known } = await placeOf(other, tables, timeoutMs)
    if (known !== null) throw twoPlaces(known, here.schema ?? '')
  } finally {
    await other.close()
  }
}

interface Place {
  /** The first schema of the search path. */
  readonly schema: string | null
  /** The first schema of the search path that has our tables. */
  readonly known: string | null
}

async function placeOf(link: Link, tables: Tables, timeoutMs: number): Promise<Place> {
  const [place] = (await link.query(
    `SELECT current_schema() AS schema, (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.oid = to_regclass($1)) AS known`,
    [tables.migrations],
    timeoutMs,
  )) as Place[]
  return place ?? { schema: null, known: null }
}

const twoPlaces = (known: string, schema: string): Error =>
  new Error(
    `chat's tables are in ${quoted(known)}, and the search path leads to ${quoted(schema)} first; set the option schema to '${known}' to keep them, or to '${schema}' to start again there`,
  )
