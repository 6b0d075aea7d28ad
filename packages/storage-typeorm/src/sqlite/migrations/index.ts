// Every migration, oldest first. What is released is never changed: a change is a migration of its own.
import type { MigrationInterface } from 'typeorm'
import type { Tables } from '../../rows/tables.js'
import { groups } from './groups.js'
import { initialSchema } from './initial-schema.js'
import { maintenanceSchema } from './maintenance-schema.js'

export const migrationsOf = (t: Tables): (new () => MigrationInterface)[] => [
  initialSchema(t),
  groups(t),
  maintenanceSchema(t),
]
