// Runs of messages that are held without a hole. A window of messages never crosses from one into another.
import type { Seq } from '@rookery/protocol'

/** Everything from `from` to `to`, both included. */
export interface Run {
  readonly from: Seq
  readonly to: Seq
}

/** Adds a run: ascending, without overlap; runs that touch are one. */
export function withRun(runs: readonly Run[], added: Run): Run[] {
  if (added.to < added.from) return [...runs]
  let { from, to } = added
  const apart: Run[] = []
  for (const run of runs)
    if (run.to + 1 < from || run.from > to + 1) apart.push(run)
    else {
      from = Math.min(from, run.from)
      to = Math.max(to, run.to)
    }
  return [...apart, { from, to }].sort((a, b) => a.from - b.from)
}

/** The run that holds this place. */
export const runAt = (runs: readonly Run[], seq: Seq): Run | undefined =>
  runs.find(({ from, to }) => from <= seq && seq <= to)

/** Whether everything after `after` up to `to` is held. */
export function holds(runs: readonly Run[], after: Seq, to: Seq): boolean {
  if (to <= after) return true
  const run = runAt(runs, to)
  return run !== undefined && run.from <= after + 1
}
