import { describeOnSqlite } from '../../testing/sqlite-suite.js'

describeOnSqlite(false)
