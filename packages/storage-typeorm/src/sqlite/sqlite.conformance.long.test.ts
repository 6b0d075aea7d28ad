// As apps run it. Each of some hundred cases starts two threads.
import { describeOnSqlite } from '../../testing/sqlite-suite.js'

describeOnSqlite(true)
