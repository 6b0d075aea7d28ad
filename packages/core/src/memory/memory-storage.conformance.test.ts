import { describeStorage } from '@rookery/testing/suites'
import { MemoryDatabase } from './memory-database.js'
import { MemoryStorage } from './memory-storage.js'

describeStorage({
  name: 'MemoryStorage',
  capabilities: { reopen: true, another: true },
  create() {
    const database = new MemoryDatabase()
    const open = () => new MemoryStorage({ database })
    return { storage: open(), reopen: open, another: open, dispose() {} }
  },
})
