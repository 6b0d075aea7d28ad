// The data behind any number of MemoryStorage instances, as one database stands behind many nodes.
import { SystemRandom } from '../system/system-random.js'
import { copyTables, emptyTables, type Tables } from './rows.js'

/** A database as it was at one moment; opaque. */
export interface MemorySnapshot {
  /** @internal */ readonly tables: Tables
}

/** A database in memory. It dies with the process, so each one has an epoch of its own. */
export class MemoryDatabase {
  /** @internal What MemoryStorage reads and writes. */
  tables: Tables

  constructor(options: { readonly epoch?: string } = {}) {
    this.tables = emptyTables(options.epoch ?? new SystemRandom().id())
  }

  /** A backup of everything committed up to now. */
  snapshot(): MemorySnapshot {
    return { tables: copyTables(this.tables) }
  }

  /**
   * Puts a backup back in place of everything; what was committed since is gone. The epoch is the backup's, as when
   * nobody told the database that it was restored, unless another one is given.
   */
  restore(snapshot: MemorySnapshot, options: { readonly epoch?: string } = {}): void {
    this.tables = copyTables(snapshot.tables)
    if (options.epoch !== undefined) this.tables.epoch = options.epoch
  }
}
