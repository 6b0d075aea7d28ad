// Every migration, oldest first. Never change a released migration: add a new one.
import type { MigrationInterface } from 'typeorm'
import type { Tables } from '../../rows/tables.js'
import { groups } from './groups.js'
import { initialSchema } from './initial-schema.js'
import { maintenanceSchema } from './maintenance-schema.js'
import { pushSchema } from './push-schema.js'

export const migrationsOf = (t: Tables): (new () => MigrationInterface)[] => [
  initialSchema(t),
  groups(t),
  maintenanceSchema(t),
  pushSchema(t),
]
