// What an adapter's author gives to `describeStorage`.
import type { Storage } from '@rookery/core'

/**
 * A storage with its own data. The author gives instances that are not started; the suite starts and stops each of
 * them.
 */
export interface StorageSubject {
  readonly storage: Storage
  /** Makes a new instance on the same data; called after the instances before it were stopped. */
  reopen?(): Promise<Storage> | Storage
  /** Makes a further instance on the same data while others run, as another node would have. */
  another?(): Promise<Storage> | Storage
  /** Removes the data; called last, when every instance is stopped. */
  dispose(): Promise<void> | void
}

/** What the adapter can do. The suite skips the cases that need more, and nothing else. */
export interface StorageCapabilities {
  /** Data outlives an instance: `reopen` exists. */
  readonly reopen: boolean
  /** Several instances may work on the same data at once: `another` exists. */
  readonly another: boolean
}

export interface StorageSuiteOptions {
  readonly name: string
  /**
   * Called once for most cases together, and once for each case that stops its instance or reads all stored data, as
   * maintenance does. The other cases use ids of their own; cases of maintenance need a subject with its own database.
   */
  readonly create: () => Promise<StorageSubject> | StorageSubject
  readonly capabilities: StorageCapabilities
}
