import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { expect, it } from 'vitest'
import { StoreFullError } from '../ports/local-store.js'
import { describeLocalStore } from '../testing/index.js'
import { SqlStore, syncDriver, type SqlDriver } from './sql-store.js'

const inFolder = (): { path: string; dispose: () => Promise<void> } => {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-client-'))
  return { path: join(folder, 'chat.sqlite'), dispose: async () => rmSync(folder, { recursive: true }) }
}

describeLocalStore('SqlStore on libsql', () => {
  const { path, dispose } = inFolder()
  // A store that was closed is opened again with a database of its own.
  const lazy = (): SqlDriver => {
    let driver: SqlDriver | null = null
    const open = (): SqlDriver => (driver ??= syncDriver(new Database(path)))
    return {
      transaction: (statements) => open().transaction(statements),
      all: (statement) => open().all(statement),
      close: () => {
        void driver?.close?.()
        driver = null
      },
    }
  }
  return { store: new SqlStore(lazy()), again: () => new SqlStore(lazy()), dispose }
})

it('works over a driver that answers later, as that of React Native does', async () => {
  const sync = syncDriver(new Database(':memory:'))
  const later = async <T>(run: () => T): Promise<Awaited<T>> => {
    await Promise.resolve()
    return await run()
  }
  const store = new SqlStore({
    transaction: (statements) => later(() => sync.transaction(statements)),
    all: (statement) => later(() => sync.all(statement)),
  })
  await store.open()
  const draft = (value: unknown) => ({ op: 'put', table: 'drafts', row: { key: 'a', value } }) as const
  await Promise.all([store.commit([draft(1)]), store.commit([draft(2)])])
  expect(await store.all('drafts')).toEqual([{ key: 'a', value: 2 }])
})

it('says that no room is left', async () => {
  const database = new Database(':memory:')
  const store = new SqlStore(syncDriver(database))
  await store.open()
  database.exec('PRAGMA max_page_count = 30')
  const big = { op: 'put', table: 'drafts', row: { key: 'a', value: 'x'.repeat(1_000_000) } } as const
  await expect(store.commit([big])).rejects.toBeInstanceOf(StoreFullError)
  expect(await store.all('drafts')).toEqual([])
})
