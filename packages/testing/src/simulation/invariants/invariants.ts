// The form of a group of invariants.
import type { Observed } from '../observed.js'

/** Durations that some invariants need, ms. */
export interface Bounds {
  readonly leaseMs: number
  readonly sendDeadlineMs: number
  /** How long a refused message holds back the later ones, from its first refusal. */
  readonly resendMs: number
  /** For the travel of a request and its answer, and the server's own rounding. */
  readonly slackMs: number
}

/** Notes a violation. */
export type Report = (invariant: number, what: string) => void
/** One group of invariants. */
export type Invariants = (observed: Observed, report: Report, bounds: Bounds) => void
