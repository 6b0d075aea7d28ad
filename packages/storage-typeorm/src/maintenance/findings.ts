// What the parts of `verify` have in common: units of work that look at a few rows, what they find, and how it is repaired.
import type { Finding } from '@rookery/core'
import type { Rows, Value, WritableRows } from './dialect.js'

/** A statement that puts right what was found. */
export type Fix = readonly [sql: string, values?: readonly Value[]]

export interface Found extends Omit<Finding, 'repaired'> {
  /** Left out where nothing can be put right. */
  readonly fixes?: readonly Fix[]
}

/** Where a part goes on: plain values, as they stand in a cursor; the first is the number of a counter row. */
export type Place = readonly [number, ...(number | string)[]]

/** What a unit saw. */
export interface Seen {
  readonly found: readonly Found[]
  /** The counter rows that must stand still while what was found is repaired. */
  readonly counters: readonly number[]
  /** Rows looked at. */
  readonly checked: number
  /** Where to go on; null where there is nothing more. */
  readonly next: Place | null
}

/** Looks at about so many rows from a place on. */
export type Unit = (rows: Rows, from: Place, most: number) => Promise<Seen>

/** Carries out what can be repaired of what a unit found. */
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
