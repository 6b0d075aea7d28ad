// What an adapter's author hands to `describeBus`.
import type { Bus } from '@rookery/core'

/** A network that nodes meet on. */
export interface BusSubject {
  /** One node's end, unstarted; the suite starts and stops it. */
  bus(): Promise<Bus> | Bus
  /** Lets time pass for frames under way: moves the virtual clock, or waits. */
  elapse(ms: number): Promise<void>
  /** Called last, when every bus is stopped. */
  dispose(): Promise<void> | void
}

export interface BusSuiteOptions {
  readonly name: string
  /** Called once for each case. Every case uses node ids of its own. */
  readonly create: () => Promise<BusSubject> | BusSubject
}
