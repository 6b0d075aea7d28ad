// What groups and control messages need beside the first schema. Nothing here reads a row, so it takes only a moment,
// however many messages there are. It adds columns with constant defaults, and new tables where an index over an old
// table would have to be filled.
import type { MigrationInterface, QueryRunner } from 'typeorm'
import type { Tables } from '../../rows/tables.js'
import { quoted } from '../quoted.js'

/** The migration, under the names of one installation. */
export function groupsSchema(t: Tables, schema: string | null): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = 'ImGroups1763740000000'

    async up(runner: QueryRunner): Promise<void> {
      if (schema !== null) await runner.query(`SET LOCAL search_path TO ${quoted(schema)}`)
      for (const statement of statements(t)) await runner.query(statement)
    }

    async down(runner: QueryRunner): Promise<void> {
      if (schema !== null) await runner.query(`SET LOCAL search_path TO ${quoted(schema)}`)
      for (const table of [t.follow, t.reaction, t.edit]) await runner.query(`DROP TABLE ${table}`)
      await runner.query(`ALTER TABLE ${t.message} DROP COLUMN edit_seq`)
      await runner.query(
        `ALTER TABLE ${t.conversation} DROP COLUMN owner, DROP COLUMN muted_until, DROP COLUMN members,
          DROP COLUMN fan_out, DROP COLUMN dissolved, DROP COLUMN announcement`,
      )
    }
  }
}

const statements = (t: Tables): readonly string[] => [
  // fan_out: 0 on write, 1 on read. members counts the current members. owner is null where the group has no owner.
  `ALTER TABLE ${t.conversation}
    ADD owner bigint,
    ADD muted_until bigint NOT NULL DEFAULT 0,
    ADD members integer NOT NULL DEFAULT 0,
    ADD fan_out smallint NOT NULL DEFAULT 0,
    ADD dissolved boolean NOT NULL DEFAULT false,
    ADD announcement text COLLATE "C"`,

  // The sequence of the message's last edit.
  `ALTER TABLE ${t.message} ADD edit_seq bigint`,

  // The edits of each message. A recall also empties these.
  `CREATE TABLE ${t.edit} (
    conversation bigint NOT NULL,
    target bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (conversation, target, seq)
  )`,

  // Each user's reactions, and the control message of each. The message's row has the counts.
  `CREATE TABLE ${t.reaction} (
    conversation bigint NOT NULL,
    seq bigint NOT NULL,
    person bigint NOT NULL,
    control_seq bigint NOT NULL,
    reaction text COLLATE "C" NOT NULL,
    PRIMARY KEY (conversation, seq, reaction, person)
  )`,

  // The groups whose own timelines a user reads. Every login reads this, also for users with many other conversations.
  `CREATE TABLE ${t.follow} (
    person bigint NOT NULL,
    conversation bigint NOT NULL,
    PRIMARY KEY (person, conversation)
  )`,
]
