// Every migration, oldest first. Never change a released migration: add a new one.
//
// Nodes serve while migrations run. When a statement does not get its lock at once, it fails, and its migration runs
// again from the beginning. So each statement must do nothing where it has run before. A statement that changes an
// existing table must let others use the table: ALGORITHM = INSTANT, or ALGORITHM = INPLACE, LOCK = NONE.
import type { MigrationInterface } from 'typeorm'
import type { MysqlTables } from '../tables.js'
import { initialSchema } from './initial-schema.js'
import { pushSchema } from './push-schema.js'

export const migrationsOf = (t: MysqlTables): (new () => MigrationInterface)[] => [initialSchema(t), pushSchema(t)]
