// Every migration, oldest first. What is released is never changed: a change of tables is a migration of its own.
import type { MigrationInterface } from 'typeorm'
import type { Tables } from '../../rows/tables.js'
import { functionsMigration } from './functions.js'
import { groupsSchema } from './groups-schema.js'
import { initialSchema } from './initial-schema.js'
import { maintenanceSchema } from './maintenance-schema.js'
import type { Functions } from './names.js'

export const migrationsOf = (t: Tables, f: Functions, schema: string | null): (new () => MigrationInterface)[] => [
  initialSchema(t, schema),
  groupsSchema(t, schema),
  maintenanceSchema(t, schema),
  functionsMigration(t, f, schema),
]
