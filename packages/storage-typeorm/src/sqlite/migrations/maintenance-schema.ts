// What trimming needs: keys that store their answers themselves after their message is gone, and how far keys were
// trimmed.
import type { MigrationInterface, QueryRunner } from 'typeorm'
import type { Tables } from '../../rows/tables.js'

/** The migration, under the names of one installation. */
export function maintenanceSchema(t: Tables): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = 'ImMaintenance1763900000000'

    async up(runner: QueryRunner): Promise<void> {
      for (const statement of statements(t)) await runner.query(statement)
    }

    async down(runner: QueryRunner): Promise<void> {
      await runner.query(`DROP INDEX ${t.key}_at`)
      await runner.query(`ALTER TABLE ${t.conversation} DROP COLUMN key_floor`)
      await runner.query(`ALTER TABLE ${t.key} DROP COLUMN seq`)
      await runner.query(`ALTER TABLE ${t.key} DROP COLUMN msg_id`)
    }
  }
}

const statements = (t: Tables): readonly string[] => [
  `ALTER TABLE ${t.key} ADD COLUMN msg_id TEXT`,
  `ALTER TABLE ${t.key} ADD COLUMN seq INTEGER`,
  // Few keys have their own time. Keys of messages, which are many, use their message's.
  `CREATE INDEX ${t.key}_at ON ${t.key} (at) WHERE at IS NOT NULL`,
  `ALTER TABLE ${t.conversation} ADD COLUMN key_floor INTEGER NOT NULL DEFAULT 0`,
]
