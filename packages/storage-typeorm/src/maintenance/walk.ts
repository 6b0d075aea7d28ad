// Walks over counter rows in the order of their numbers, page by page, through one part of a run after another. The
// cursor holds the part and the last number that is done.
import type { MaintenanceStep, StepDone } from '@rookery/core'
import type { Database } from './dialect.js'

/** What one page did: the last number that it has done, or null at the end of the part. */
export type PageDone = number | null

export interface Part {
  /** The table over whose numbers the part walks; null where the part needs none. */
  readonly over: 'user' | 'conversation' | null
  page(after: number, rows: number): Promise<PageDone>
}

/** Does one page of the part that the cursor names. */
export async function walk(db: Database, parts: readonly Part[], { after, rows }: MaintenanceStep): Promise<StepDone> {
  const [at, id] = after === null ? [0, 0] : placeOf(after)
  const part = parts[at]
  if (part === undefined) return { next: null, progress: 1 }
  const reached = await part.page(id, rows)
  if (reached === null) {
    const next = at + 1 < parts.length ? JSON.stringify([at + 1, 0]) : null
    return { next, progress: (at + 1) / parts.length }
  }
  const within = part.over === null ? 0 : Math.min(1, reached / (await lastId(db, part.over)))
  return { next: JSON.stringify([at, reached]), progress: (at + within) / parts.length }
}

async function lastId(db: Database, over: 'user' | 'conversation'): Promise<number> {
  const [row] = await db.all<[number | null]>(`SELECT max(id) FROM ${db.dialect.tables[over]}`)
  return row?.[0] ?? 1
}

function placeOf(cursor: string): [number, number] {
  const found = /^\[(\d{1,2}),(\d{1,16})\]$/.exec(cursor)
  if (found === null) throw new Error('the cursor is none that this storage gave')
  return [Number(found[1]), Number(found[2])]
}
