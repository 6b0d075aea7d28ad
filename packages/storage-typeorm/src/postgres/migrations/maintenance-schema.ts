// What trimming needs: keys that hold their answer themselves once their message is gone, and how far keys were trimmed.
import type { MigrationInterface, QueryRunner } from 'typeorm'
import type { Tables } from '../../rows/tables.js'
import { quoted } from '../quoted.js'

/** The migration, under the names of one installation. */
export function maintenanceSchema(t: Tables, schema: string | null): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = 'ImMaintenance1763900000000'

    async up(runner: QueryRunner): Promise<void> {
      if (schema !== null) await runner.query(`SET LOCAL search_path TO ${quoted(schema)}`)
      for (const statement of statements(t)) await runner.query(statement)
    }

    async down(runner: QueryRunner): Promise<void> {
      if (schema !== null) await runner.query(`SET LOCAL search_path TO ${quoted(schema)}`)
      await runner.query(`DROP INDEX ${t.key}_at`)
      await runner.query(`ALTER TABLE ${t.conversation} DROP COLUMN key_floor`)
      await runner.query(`ALTER TABLE ${t.key} DROP COLUMN msg_id`)
    }
  }
}

const statements = (t: Tables): readonly string[] => [
  `ALTER TABLE ${t.key} ADD msg_id text COLLATE "C"`,
  // Few keys have a time of their own; those of messages, which are many, have their message's.
  `CREATE INDEX ${t.key}_at ON ${t.key} (at) WHERE at IS NOT NULL`,
  `ALTER TABLE ${t.conversation} ADD key_floor bigint NOT NULL DEFAULT 0`,
]
