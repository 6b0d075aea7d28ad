// What the parts of `verify` have in common: units of work that check a few rows, what they find, and how it is
// repaired.
import type { Finding } from '@rookery/core'
import type { Rows, Value, WritableRows } from './dialect.js'

/** A statement that repairs a finding. */
export type Fix = readonly [sql: string, values?: readonly Value[]]

export interface Found extends Omit<Finding, 'repaired'> {
  /** Left out where nothing can be repaired. */
  readonly fixes?: readonly Fix[]
}

/** Where a part goes on, as plain values of a cursor. The first is the number of a counter row. */
export type Place = readonly [number, ...(number | string)[]]

/** What a unit saw. */
export interface Seen {
  readonly found: readonly Found[]
  /** The counter rows to lock during the repair. */
  readonly counters: readonly number[]
  /** How many rows it checked. */
  readonly checked: number
  /** Where the next unit goes on; null at the end. */
  readonly next: Place | null
}

/** Checks about this many rows from a place on. */
export type Unit = (rows: Rows, from: Place, most: number) => Promise<Seen>

/** Repairs what can be repaired of a unit's findings. */
export async function repairAll(rows: WritableRows, found: readonly Found[]): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const { fixes, ...finding } of found) {
    for (const [sql, values] of fixes ?? []) await rows.run(sql, values)
    findings.push({ ...finding, repaired: fixes !== undefined })
  }
  return findings
}

export const unrepaired = (found: readonly Found[]): readonly Finding[] =>
  found.map(({ fixes: _, ...finding }) => ({ ...finding, repaired: false }))
