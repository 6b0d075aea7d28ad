// The node that a command works through: no clients, no retention of its own, and tables that are there already.
import { createRookery, type HostMaintenance } from '@rookery/core'
import { TypeOrmStorage, type TypeOrmStorageOptions } from '../typeorm-storage.js'
import { wholeNumber, type Given } from './arguments.js'
import { UsageError, type Terminal } from './terminal.js'

/** Rows in one step, and the rest between two, unless they are given: as gentle as retention. */
const usualRows = 500
const usualPauseMs = 100

/** @throws UsageError where an option cannot be meant */
export function storageOf(options: TypeOrmStorageOptions): TypeOrmStorage {
  try {
    return new TypeOrmStorage(options)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/**
 * @throws UsageError; StorageError where the database cannot be opened, or fails; whatever the work throws
 */
export async function withMaintenance<T>(
  options: TypeOrmStorageOptions,
  { rows, pause }: Given,
  { stderr }: Terminal,
  work: (maintenance: HostMaintenance) => Promise<T>,
): Promise<T> {
  const batchRows = wholeNumber('rows', rows, 1, usualRows)
  const pauseMs = Math.max(1, wholeNumber('pause', pause, 0, usualPauseMs))
  const node = createRookery({
    storage: storageOf({ ...options, migrations: 'check' }),
    authenticate: () => null,
    // How long things are kept is the app's affair.
    retention: { inboxMs: 'off', timelineMs: 'off', timelineCount: 'off', keysMs: 'off', batchRows, pauseMs },
    logger: {
      info() {},
      // What is weak about the database is told to the app, which promises something.
      warn() {},
      error: (line, error) => void stderr.write(`rookery: ${line}: ${error instanceof Error ? error.message : ''}\n`),
    },
  })
  // Chat's own timers hold no process.
  const alive = setInterval(() => {}, 1000)
  try {
    await node.start()
    try {
      return await work(node.maintenance)
    } finally {
      await node.stop()
    }
  } finally {
    clearInterval(alive)
  }
}
