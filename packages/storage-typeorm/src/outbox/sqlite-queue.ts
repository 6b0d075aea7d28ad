// Turns for a host on SQLite. TypeORM gives everybody one connection to a SQLite file: what one caller saves falls into
// whatever transaction another has open, and goes with it when that rolls back; transactions at once fail. Whoever comes
// through one queue has the connection alone.
import type { DataSource, EntityManager } from 'typeorm'

export interface SqliteQueue {
  /** Runs a transaction when its turn comes. Calls inside it must use the manager given, not the queue. */
  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>
  /** Runs reads and single writes when their turn comes, outside anybody's transaction. */
  run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>
}

const tails = new WeakMap<DataSource, Promise<unknown>>()

/**
 * The one queue of a DataSource: any number of calls give the same order. On other databases than SQLite, which have a
 * connection for each transaction, nothing waits.
 */
export function sqliteQueue(dataSource: DataSource): SqliteQueue {
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    if (dataSource.options.type !== 'better-sqlite3') return work()
    const before = tails.get(dataSource) ?? Promise.resolve()
    const mine = before.then(work)
    tails.set(
      dataSource,
      mine.catch(() => {}),
    )
    return mine
  }
  return {
    transaction: (work) => inTurn(() => dataSource.transaction(work)),
    run: (work) => inTurn(() => work(dataSource.manager)),
  }
}
