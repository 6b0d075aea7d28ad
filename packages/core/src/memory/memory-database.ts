// The data behind any number of MemoryStorage instances, as one database serves many nodes.
import { SystemRandom } from '../system/system-random.js'
import { copyTables, emptyTables, type Tables } from './rows.js'

/** The state of a database at one moment; opaque. */
export interface MemorySnapshot {
  /** @internal */ readonly tables: Tables
}

/** A database in memory. It ends with the process, so each one has its own epoch. */
export class MemoryDatabase {
  /** @internal The data that MemoryStorage reads and writes. */
  tables: Tables

  constructor(options: { readonly epoch?: string } = {}) {
    this.tables = emptyTables(options.epoch ?? new SystemRandom().id())
  }

  /** Makes a backup of everything committed so far. */
  snapshot(): MemorySnapshot {
    return { tables: copyTables(this.tables) }
  }

  /**
   * Restores a backup. Everything committed since is gone. By default the epoch is the backup's, as if nobody had told
   * the database that it was restored.
   */
  restore(snapshot: MemorySnapshot, options: { readonly epoch?: string } = {}): void {
    this.tables = copyTables(snapshot.tables)
    if (options.epoch !== undefined) this.tables.epoch = options.epoch
  }
}
