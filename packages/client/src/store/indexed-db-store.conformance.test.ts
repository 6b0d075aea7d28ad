import 'fake-indexeddb/auto'
import { openDB } from 'idb'
import { expect, it } from 'vitest'
import { describeLocalStore } from '../testing/index.js'
import { IndexedDbStore } from './indexed-db-store.js'

let count = 0

describeLocalStore('IndexedDbStore', () => {
  const name = `suite-${++count}`
  return { store: new IndexedDbStore(name), again: () => new IndexedDbStore(name) }
})

it('lets another tab with a newer version have the database, and says that it is lost', async () => {
  const store = new IndexedDbStore('newer')
  let losses = 0
  store.onLost(() => (losses += 1))
  await store.open()
  const newer = await openDB('newer', 99)
  expect(losses).toBe(1)
  newer.close()
})
