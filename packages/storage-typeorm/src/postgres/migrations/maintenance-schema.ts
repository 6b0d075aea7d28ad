// What trimming needs: keys that store their answers themselves after their message is gone, and how far keys were
// trimmed.
import type { MigrationInterface, QueryRunner } from 'typeorm'
import type { Tables } from '../../rows/tables.js'
import { quoted } from '../quoted.js'
import { buildIndex } from './build-index.js'

/** The migration, under the names of one installation. */
export function maintenanceSchema(t: Tables, schema: string | null): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = 'ImMaintenance1763900000000'
    /** Without a transaction because of its index. So each part does nothing where it has run before. */
    readonly transaction = false

    async up(runner: QueryRunner): Promise<void> {
      if (schema !== null) await runner.query(`SET search_path TO ${quoted(schema)}`)
      for (const statement of statements(t)) await runner.query(statement)
      // Few keys have their own time. Keys of messages, which are many, use their message's.
      await buildIndex(runner, `${t.key}_at`, t.key, '(at) WHERE at IS NOT NULL')
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
  `ALTER TABLE ${t.key} ADD COLUMN IF NOT EXISTS msg_id text COLLATE "C"`,
  `ALTER TABLE ${t.conversation} ADD COLUMN IF NOT EXISTS key_floor bigint NOT NULL DEFAULT 0`,
]
