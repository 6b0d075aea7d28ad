// The simulation's nodes on PostgreSQL. Many runs share its storages, one for each of three nodes at a time.
import type { Storage, StorageInfo } from '@rookery/core'
import type { OnDatabase } from '@rookery/testing'
import { TypeOrmStorage } from '@rookery/storage-typeorm'
import { ask, freshDatabase } from '../../packages/storage-typeorm/testing/postgres.js'

const storages = 3

export class SimulationsOnPostgres {
  #opened = 0

  private constructor(
    private readonly shared: readonly { readonly storage: TypeOrmStorage; readonly info: StorageInfo }[],
    private readonly drop: () => Promise<void>,
  ) {}

  static async open(): Promise<SimulationsOnPostgres> {
    const database = await freshDatabase()
    const { where } = database
    // Other tests show what a commit survives: here no commit need wait for the disk.
    await ask(where, `ALTER DATABASE ${where.database} SET synchronous_commit = off`)
    const shared = []
    for (let i = 0; i < storages; i++) {
      const storage = new TypeOrmStorage({ type: 'postgres', ...where, writers: 1, readers: 2 })
      shared.push({ storage, info: await storage.start() })
    }
    return new SimulationsOnPostgres(shared, () => database.drop())
  }

  /**
   * The database of one run; its users have ids of their own. For even seeds each call waits for the one before, so
   * that a repeated run goes the same way; for odd seeds calls of several nodes overlap, and meet in the database in
   * any order.
   */
  run(story: string, seed: number): OnDatabase {
    return { open: () => this.node(), togetherMs: seed % 2 === 0 ? 0 : 10, mark: `.${story}${seed}` }
  }

  /** The counters that disagree with the rows, as `verify` finds them. */
  async unverified(): Promise<unknown[]> {
    const found: unknown[] = []
    for (let after: string | null = null; ;) {
      const step = await this.shared[0]!.storage.maintenance.verify({ after, rows: 1000, repair: false })
      found.push(...step.findings)
      if (step.next === null) return found
      after = step.next
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.shared.map(({ storage }) => storage.stop()))
    await this.drop()
  }

  // The storage outlives the node that gets it.
  private node(): Storage {
    const { storage, info } = this.shared[this.#opened++ % storages]!
    const { timelines, heads, keys, conversations, members, groups, devices, push, maintenance } = storage
    const reads = { timelines, heads, keys, conversations, members, groups, devices, push, maintenance }
    return { ...reads, start: async () => info, stop: async () => {}, commit: (ops) => storage.commit(ops) }
  }
}
