// A queue for a host on SQLite. TypeORM has one connection to a SQLite file for all callers. What one caller saves
// becomes a part of a transaction that another caller has open, and is lost when that rolls back, and two transactions
// at once fail. A caller that uses this queue has the connection alone.
import type { DataSource, EntityManager } from 'typeorm'

export interface SqliteQueue {
  /** Runs a transaction when its turn comes. Calls inside it must use the given manager, not the queue. */
  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>
  /** Runs reads and single writes when their turn comes, outside every transaction. */
  run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>
}

const tails = new WeakMap<DataSource, Promise<unknown>>()

/**
 * The queue of a DataSource: every call with one DataSource answers the same queue. On other databases than SQLite,
 * where each transaction has its own connection, nothing waits.
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
