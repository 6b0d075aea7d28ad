// Walks over the data in memory, some of it in each step: one part after another, the rows of each in the order in
// which they were made. A cursor names the part and the number of its finished rows.
import type { MaintenanceStep, StepDone } from '../ports/maintenance.js'

/** One part of a run. */
export interface Part<Row> {
  readonly rows: Iterable<Row>
  readonly size: number
  /**
   * Works on one row within the rest of the step. Answers how much it used. If some of the rest is left, the row is
   * finished.
   */
  readonly work: (row: Row, left: number) => number
}

export const part = <Row>(
  rows: { readonly size: number; values(): Iterable<Row> },
  work: (row: Row, left: number) => number,
): Part<Row> => ({ rows: rows.values(), size: rows.size, work })

/** Works until the step is used up or everything is finished. Each row counts as one, besides what its work used. */
// oxlint-disable-next-line typescript/no-explicit-any -- each part has rows of its own kind
export function walk(parts: readonly Part<any>[], { after, rows }: MaintenanceStep): StepDone {
  const [first, done] = after === null ? [0, 0] : (JSON.parse(after) as [number, number])
  let left = rows
  for (let at = first; at < parts.length; at += 1) {
    const { rows: all, size, work } = parts[at]!
    let place = 0
    for (const row of all) {
      place += 1
      if (at === first && place <= done) continue
      left -= work(row, left)
      if (left > 0) left -= 1
      else return { next: JSON.stringify([at, place - 1]), progress: (at + (place - 1) / size) / parts.length }
    }
  }
  return { next: null, progress: 1 }
}
