// What an adapter's author hands to `describeStorage`.
import type { Storage } from '@rookery/core'

/** A storage on data of its own. Instances are handed over unstarted; the suite starts and stops each of them. */
export interface StorageSubject {
  readonly storage: Storage
  /** A new instance on the same data, called after the instances before it were stopped. */
  reopen?(): Promise<Storage> | Storage
  /** A further instance on the same data while others run, as another node would have. */
  another?(): Promise<Storage> | Storage
  /** Removes the data; called last, when every instance is stopped. */
  dispose(): Promise<void> | void
}

/** What the adapter can do; cases that need more are skipped, and nothing else is. */
export interface StorageCapabilities {
  /** Data outlives an instance: `reopen` is given. */
  readonly reopen: boolean
  /** Several instances may work on the same data at once: `another` is given. */
  readonly another: boolean
  /** It keeps groups and control messages. Goes once every adapter does. */
  readonly groups: boolean
}

export interface StorageSuiteOptions {
  readonly name: string
  /**
   * Called once for most cases together, and for each that stops what it is given or looks at everything that is stored,
   * as maintenance does. Others use ids of their own, but maintenance needs a database of its own for each subject.
   */
  readonly create: () => Promise<StorageSubject> | StorageSubject
  readonly capabilities: StorageCapabilities
}
