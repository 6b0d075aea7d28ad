// What an adapter's author gives to `describeBus`.
import type { Bus } from '@rookery/core'
import type { NodeId } from '@rookery/protocol'

/** A network that connects nodes. */
export interface BusSubject {
  /** Makes the bus of one node, not started; the suite starts and stops it. */
  bus(): Promise<Bus> | Bus
  /** Lets time pass for frames under way: moves the virtual clock, or waits. */
  elapse(ms: number): Promise<void>
  /**
   * Loses whatever is published to these nodes from now on, as a network does: neither side is told. The result ends that.
   * Left out where nothing can be lost: the cases about losses do not run then.
   */
  lose?(nodes: readonly NodeId[]): Promise<() => Promise<void>>
  /** Called last, when every bus is stopped. */
  dispose(): Promise<void> | void
}

/** `loses`: its subjects have `lose`. */
export type BusCapability = 'loses'

export interface BusSuiteOptions {
  readonly name: string
  /** Called once for each case. Every case uses its own node ids. */
  readonly create: () => Promise<BusSubject> | BusSubject
  /** What its subjects can do besides. Default: nothing. */
  readonly capabilities?: readonly BusCapability[]
}
