// The messages between the exploring process and its workers.
import type { Outcome } from './counts.js'
import type { KindName, Seed } from './options.js'

export type ToWorker = { readonly t: 'run'; readonly seed: Seed; readonly isTold: boolean } | { readonly t: 'end' }

export type FromWorker =
  /** It takes seeds from now on; the servers of the `missing` kinds do not answer. */
  | { readonly t: 'ready'; readonly missing: readonly KindName[] }
  | { readonly t: 'ran'; readonly outcome: Outcome; readonly history: string }
