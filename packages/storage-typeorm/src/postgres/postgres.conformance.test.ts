// The storage port's suite on PostgreSQL.
import type { Storage } from '@rookery/core'
import { describeStorage } from '@rookery/testing/suites'
import { describeOnPostgres, freshDatabase, isPostgresThere } from '../../testing/postgres.js'
import { TypeOrmStorage } from '../typeorm-storage.js'

if (isPostgresThere) {
  describeStorage({
    name: 'TypeOrmStorage on PostgreSQL',
    capabilities: { reopen: true, another: true },
    async create() {
      const { where, drop } = await freshDatabase()
      const open = (): Storage => new TypeOrmStorage({ type: 'postgres', ...where })
      return { storage: open(), reopen: open, another: open, dispose: drop }
    },
  })
} else {
  describeOnPostgres('TypeOrmStorage on PostgreSQL keeps the promises of Storage', () => {})
}
