// Where devices can be told when they are not connected, and what they were told. A table of its own, because the row of
// a device is written again with each of its acknowledgements. No index contains a column that changes with a push, so
// that each such change stays on its page.
import type { MigrationInterface, QueryRunner } from 'typeorm'
import type { Tables } from '../../rows/tables.js'
import { quoted } from '../quoted.js'

/** The migration, under the names of one installation. */
export function pushSchema(t: Tables, schema: string | null): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = 'ImPush1764540000000'

    async up(runner: QueryRunner): Promise<void> {
      if (schema !== null) await runner.query(`SET LOCAL search_path TO ${quoted(schema)}`)
      await runner.query(table(t))
    }

    async down(runner: QueryRunner): Promise<void> {
      if (schema !== null) await runner.query(`SET LOCAL search_path TO ${quoted(schema)}`)
      await runner.query(`DROP TABLE ${t.push}`)
    }
  }
}

const table = (t: Tables): string => `CREATE TABLE ${t.push} (
    person bigint NOT NULL,
    pushed_to bigint NOT NULL,
    created_at bigint NOT NULL,
    device_id text COLLATE "C" NOT NULL,
    provider text COLLATE "C" NOT NULL,
    app text COLLATE "C" NOT NULL,
    token text COLLATE "C" NOT NULL,
    token_hash text COLLATE "C" NOT NULL,
    lang text COLLATE "C",
    pushed_in text COLLATE "C",
    claim text COLLATE "C",
    PRIMARY KEY (person, device_id, provider, app),
    UNIQUE (provider, app, token_hash)
  ) WITH (fillfactor = 90)`
