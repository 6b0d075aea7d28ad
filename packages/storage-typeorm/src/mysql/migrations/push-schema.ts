// Where devices can be told when they are not connected, and what they were told. A table of its own, because the row of
// a device is written again with each of its acknowledgements.
import type { MigrationInterface, QueryRunner } from 'typeorm'
import type { MysqlTables } from '../tables.js'

/** The migration, under the names of one installation. */
export function pushSchema(t: MysqlTables): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = 'ImPush1764540000000'

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(table(t))
    }

    async down(runner: QueryRunner): Promise<void> {
      await runner.query(`DROP TABLE ${t.push}`)
    }
  }
}

const table = (t: MysqlTables): string => `CREATE TABLE IF NOT EXISTS ${t.push} (
    person bigint NOT NULL,
    pushed_to bigint NOT NULL,
    created_at bigint NOT NULL,
    device_id varbinary(512) NOT NULL,
    provider varbinary(256) NOT NULL,
    app varbinary(256) NOT NULL,
    token text NOT NULL,
    token_hash varbinary(256) NOT NULL,
    lang varchar(255),
    pushed_in varchar(512),
    claim varchar(255),
    PRIMARY KEY (person, device_id, provider, app),
    UNIQUE KEY by_token (provider, app, token_hash)
  ) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`
