// Where devices can be told when they are not connected, and what they were told. A table of its own, because the row of
// a device is written again with each of its acknowledgements.
import type { MigrationInterface, QueryRunner } from 'typeorm'
import type { Tables } from '../../rows/tables.js'

/** The migration, under the names of one installation. */
export function pushSchema(t: Tables): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = 'ImPush1764540000000'

    async up(runner: QueryRunner): Promise<void> {
      for (const statement of statements(t)) await runner.query(statement)
    }

    async down(runner: QueryRunner): Promise<void> {
      await runner.query(`DROP TABLE ${t.push}`)
    }
  }
}

const statements = (t: Tables): readonly string[] => [
  `CREATE TABLE ${t.push} (
    user INTEGER NOT NULL,
    device_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    app TEXT NOT NULL,
    token TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    lang TEXT,
    pushed_to INTEGER NOT NULL,
    pushed_in TEXT,
    claim TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user, device_id, provider, app)
  ) WITHOUT ROWID`,
  `CREATE UNIQUE INDEX ${t.push}_token ON ${t.push} (provider, app, token_hash)`,
]
