import { describeLocalStore } from '../testing/index.js'
import { MemoryStore } from './memory-store.js'

describeLocalStore('MemoryStore', () => {
  const store = new MemoryStore()
  // It lives as long as its object.
  return { store, again: () => store }
})
