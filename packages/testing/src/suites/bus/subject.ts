// What an adapter's author gives to `describeBus`.
import type { Bus } from '@rookery/core'

/** A network that connects nodes. */
export interface BusSubject {
  /** Makes the bus of one node, not started; the suite starts and stops it. */
  bus(): Promise<Bus> | Bus
  /** Lets time pass for frames under way: moves the virtual clock, or waits. */
  elapse(ms: number): Promise<void>
  /** Called last, when every bus is stopped. */
  dispose(): Promise<void> | void
}

export interface BusSuiteOptions {
  readonly name: string
  /** Called once for each case. Every case uses its own node ids. */
  readonly create: () => Promise<BusSubject> | BusSubject
}
