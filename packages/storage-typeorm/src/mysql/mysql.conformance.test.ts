// The storage port's suite on MySQL and MariaDB.
import type { Storage } from '@rookery/core'
import { describeStorage } from '@rookery/testing/suites'
import { describeOnMysql, freshDatabase, isMysqlThere } from '../../testing/mysql.js'
import { TypeOrmStorage } from '../typeorm-storage.js'

if (isMysqlThere) {
  describeStorage({
    name: 'TypeOrmStorage on MySQL',
    capabilities: { reopen: true, another: true },
    async create() {
      const { where, drop } = await freshDatabase()
      const open = (): Storage => new TypeOrmStorage({ type: 'mysql', ...where })
      return { storage: open(), reopen: open, another: open, dispose: drop }
    },
  })
} else {
  describeOnMysql('TypeOrmStorage on MySQL keeps the promises of Storage', () => {})
}
