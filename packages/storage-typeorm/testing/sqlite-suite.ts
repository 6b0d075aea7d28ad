// Runs the storage port's suite on SQLite.
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeStorage } from '@rookery/testing/suites'
import { describe, it } from 'vitest'
import { withTables } from './scene.js'
import { TypeOrmStorage } from '../src/typeorm-storage.js'
import { driverNames } from '../src/sqlite/driver.js'

const require = createRequire(import.meta.url)

function isInstalled(name: string): boolean {
  try {
    require.resolve(name)
    return true
  } catch {
    return false
  }
}

/**
 * The storage port's suite on SQLite, under each driver that is installed. @param worker whether it runs in its own
 * threads
 */
export function describeOnSqlite(worker: boolean): void {
  for (const driver of driverNames) describeUnder(driver, worker)
}

function describeUnder(driver: string, worker: boolean): void {
  if (!isInstalled(driver)) {
    describe.skip(`TypeOrmStorage on SQLite through ${driver}, which is not installed`, () => {
      it('keeps the promises of Storage', () => {})
    })
    return
  }
  describeStorage({
    name: `TypeOrmStorage on SQLite through ${driver}, ${worker ? 'in threads' : 'without threads'},`,
    capabilities: { reopen: true, another: true },
    async create() {
      const folder = await mkdtemp(join(tmpdir(), 'rookery-sqlite-'))
      const database = join(folder, 'app.im.sqlite')
      await withTables(database)
      const open = () => new TypeOrmStorage({ type: 'better-sqlite3', driver, database, worker })
      return {
        storage: open(),
        reopen: open,
        another: open,
        dispose: () => rm(folder, { recursive: true, force: true }),
      }
    },
  })
}
