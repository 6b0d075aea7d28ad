// The node of a command: it has no clients and no retention, and its tables must exist already.
import { createRookery, type HostMaintenance } from '@rookery/core'
import { TypeOrmStorage, type TypeOrmStorageOptions } from '../typeorm-storage.js'
import { wholeNumber, type Given } from './arguments.js'
import { UsageError, type Terminal } from './terminal.js'

/** The default number of rows in one step, and the default pause between two steps: as gentle as retention. */
const usualRows = 500
const usualPauseMs = 100

/** @throws UsageError where an option is wrong */
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
    // The app decides how long data is kept.
    retention: { inboxMs: 'off', timelineMs: 'off', timelineCount: 'off', keysMs: 'off', batchRows, pauseMs },
    logger: {
      info() {},
      // Warnings about the database's settings are for the app, which acknowledges messages.
      warn() {},
      error: (line, error) => void stderr.write(`rookery: ${line}: ${error instanceof Error ? error.message : ''}\n`),
    },
  })
  // Chat's own timers do not keep a process running.
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
