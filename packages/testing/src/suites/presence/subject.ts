// What an adapter's author gives to `describePresence`.
import type { Presence } from '@rookery/core'

/** Presence as several nodes share it. */
export interface PresenceSubject {
  readonly presence: Presence
  /** Makes a further instance, as another node would have; if left out, all nodes use `presence`. */
  another?(): Promise<Presence> | Presence
  /** Lets time pass for the leases: moves the virtual clock, or waits. */
  elapse(ms: number): Promise<void>
  /** Loses all that presence knows, as a server that was flushed does; left out where a test cannot bring that about. */
  forget?(): Promise<void>
  /** Another server takes over, which knows what this one knew; left out where a test cannot bring that about. */
  takeOver?(): Promise<void>
  /** Called last, when every instance is stopped. */
  dispose(): Promise<void> | void
}

/** `forgets`: its subjects have `forget`; `takes-over`: they have `takeOver`. */
export type PresenceCapability = 'forgets' | 'takes-over'

export interface PresenceSuiteOptions {
  readonly name: string
  /** Called once for each case. Every case uses its own ids, so subjects may share one server. */
  readonly create: () => Promise<PresenceSubject> | PresenceSubject
  /** The lease, ms: long enough for a dozen calls on a busy machine, and short enough to wait for; 1000 by default. */
  readonly leaseMs?: number
  /** What its subjects can do besides. Default: nothing. */
  readonly capabilities?: readonly PresenceCapability[]
}
