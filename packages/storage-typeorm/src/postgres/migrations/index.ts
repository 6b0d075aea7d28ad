// Every migration, oldest first. Never change a released migration: a change of tables is a new migration.
//
// Nodes serve while migrations run. A statement for which others must wait takes only a moment once it has its lock.
// Where it does not get the lock at once, it fails, and its migration, which is one transaction, runs again. Use
// `buildIndex` for an index over an existing table, in a migration whose `transaction` is false and whose every part
// may run again.
import type { MigrationInterface } from 'typeorm'
import type { Tables } from '../../rows/tables.js'
import { functionsMigration } from './functions.js'
import { groupsSchema } from './groups-schema.js'
import { initialSchema } from './initial-schema.js'
import { maintenanceSchema } from './maintenance-schema.js'
import type { Functions } from './names.js'
import { pushSchema } from './push-schema.js'

export const migrationsOf = (t: Tables, f: Functions, schema: string | null): (new () => MigrationInterface)[] => [
  initialSchema(t, schema),
  groupsSchema(t, schema),
  maintenanceSchema(t, schema),
  pushSchema(t, schema),
  functionsMigration(t, f, schema),
]
