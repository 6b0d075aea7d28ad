// What groups and control messages need beside the first schema. Adding the columns rewrites no row. The indexes are
// partial, and empty at first, so making each is one pass over the existing rows.
import type { MigrationInterface, QueryRunner } from 'typeorm'
import { roleCode } from '../../rows/codes.js'
import type { Tables } from '../../rows/tables.js'

/** The migration, under the names of one installation. TypeORM reads the time at the end of its name. */
export function groups(t: Tables): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = 'ImGroups1763800000000'

    async up(runner: QueryRunner): Promise<void> {
      for (const [table, columns] of added(t)) {
        for (const column of columns) await runner.query(`ALTER TABLE ${table} ADD COLUMN ${column}`)
      }
      for (const statement of made(t)) await runner.query(statement)
    }

    async down(runner: QueryRunner): Promise<void> {
      await runner.query(`DROP TABLE ${t.reaction}`)
      for (const index of [`${t.message}_edits`, `${t.member}_listed`, `${t.member}_owner`, `${t.member}_follows`]) {
        await runner.query(`DROP INDEX ${index}`)
      }
      for (const [table, columns] of added(t)) {
        for (const column of columns) await runner.query(`ALTER TABLE ${table} DROP COLUMN ${column.split(' ')[0]}`)
      }
    }
  }
}

const added = (t: Tables): readonly (readonly [table: string, columns: readonly string[]])[] => [
  // members is how many there are now.
  [
    t.conversation,
    [
      'announcement TEXT',
      'fan_out INTEGER NOT NULL DEFAULT 0',
      'muted_until INTEGER NOT NULL DEFAULT 0',
      'dissolved INTEGER NOT NULL DEFAULT 0',
      'members INTEGER NOT NULL DEFAULT 0',
    ],
  ],
  // member_id repeats the user's id, in groups only, so that their members are listed in its order. follows is 1 while a
  // member's group is fanned out on read.
  [t.member, ['member_id TEXT', 'follows INTEGER NOT NULL DEFAULT 0']],
  // edit_seq is the sequence of the message's last edit, target the message that an edit changes.
  [t.message, ['edit_seq INTEGER', 'target INTEGER']],
]

const made = (t: Tables): readonly string[] => [
  `CREATE INDEX ${t.message}_edits ON ${t.message} (conversation, target) WHERE target IS NOT NULL`,
  `CREATE INDEX ${t.member}_listed ON ${t.member} (conversation, member_id)
    WHERE member_id IS NOT NULL AND to_seq IS NULL`,
  `CREATE INDEX ${t.member}_owner ON ${t.member} (conversation) WHERE role = ${roleCode.owner}`,
  `CREATE INDEX ${t.member}_follows ON ${t.member} (user) WHERE follows = 1`,

  // Each user's reactions to a message, and the control message of each.
  `CREATE TABLE ${t.reaction} (
    conversation INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    user INTEGER NOT NULL,
    reaction TEXT NOT NULL,
    control_seq INTEGER NOT NULL,
    PRIMARY KEY (conversation, seq, user, reaction)
  ) WITHOUT ROWID, STRICT`,
]
