// Every migration, oldest first. What is released is never changed: a change is a migration of its own.
import type { MigrationInterface } from 'typeorm'
import type { Tables } from '../../rows/tables.js'
import { initialSchema } from './initial-schema.js'
import type { Functions } from './names.js'

export const migrationsOf = (t: Tables, f: Functions, schema: string | null): (new () => MigrationInterface)[] => [
  initialSchema(t, f, schema),
]
