// Every migration, oldest first. What is released is never changed: a change is a migration of its own.
import type { MigrationInterface } from 'typeorm'
import type { MysqlTables } from '../tables.js'
import { initialSchema } from './initial-schema.js'

export const migrationsOf = (t: MysqlTables): (new () => MigrationInterface)[] => [initialSchema(t)]
