// Every migration, oldest first. Never change a released migration: a change of tables is a new migration.
//
// Nodes serve while they run. A statement that others must wait for takes a moment once it has its lock, and is given
// up where it does not get that at once: its migration, which is one transaction, is then run again. An index over a
// table that was there before is built by `buildIndex`, in a migration whose `transaction` is false and whose every
// part may be repeated.
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
