// Every migration, oldest first. What is released is never changed: a change is a migration of its own.
//
// Nodes serve while they run. A statement that does not get its lock at once is given up, and its migration run again from
// the beginning: so each does nothing where it was done before. One that changes a table that was there says how it lets
// others go on: ALGORITHM = INSTANT, or ALGORITHM = INPLACE, LOCK = NONE.
import type { MigrationInterface } from 'typeorm'
import type { MysqlTables } from '../tables.js'
import { initialSchema } from './initial-schema.js'

export const migrationsOf = (t: MysqlTables): (new () => MigrationInterface)[] => [initialSchema(t)]
