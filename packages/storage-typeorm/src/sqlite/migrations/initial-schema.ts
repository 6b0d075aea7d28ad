// The first schema. Users and conversations have small internal numbers, so that the rows of large tables stay short.
//
// Only im_user and im_conversation have text ids, which are compared byte for byte; this is SQLite's default collation.
// Tables are STRICT: SQLite refuses a number that is not an integer, and does not round it later.
import type { MigrationInterface, QueryRunner } from 'typeorm'
import type { Tables } from '../../rows/tables.js'

/** The migration, under the names of one installation. TypeORM reads the time at the end of its name. */
export function initialSchema(t: Tables): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = 'ImInitialSchema1763700000000'

    async up(runner: QueryRunner): Promise<void> {
      for (const statement of statements(t)) await runner.query(statement)
      await runner.query(`INSERT INTO ${t.meta} (id, epoch, login_epoch) VALUES (1, lower(hex(randomblob(16))), 0)`)
    }

    async down(runner: QueryRunner): Promise<void> {
      for (const table of [t.device, t.key, t.inbox, t.message, t.member, t.conversation, t.user, t.meta]) {
        await runner.query(`DROP TABLE ${table}`)
      }
    }
  }
}

const statements = (t: Tables): readonly string[] => [
  `CREATE TABLE ${t.meta} (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch TEXT NOT NULL,
    login_epoch INTEGER NOT NULL
  ) STRICT`,

  // head and floor are the inbox's counters: its numbers are allocated here, and never lowered.
  `CREATE TABLE ${t.user} (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL UNIQUE,
    head INTEGER NOT NULL DEFAULT 0,
    floor INTEGER NOT NULL DEFAULT 0,
    login_epoch INTEGER NOT NULL DEFAULT 0
  ) STRICT`,

  // The store timeline's counter row. It also has the positions of a c2c conversation's two users. A send moves the
  // sender's position, so it writes one row instead of two, and a view need not read the peer's membership.
  `CREATE TABLE ${t.conversation} (
    id INTEGER PRIMARY KEY,
    conversation_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT '',
    name TEXT,
    avatar TEXT,
    ext TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    last_seq INTEGER NOT NULL DEFAULT 0,
    countable INTEGER NOT NULL DEFAULT 0,
    last_countable_seq INTEGER NOT NULL DEFAULT 0,
    floor_seq INTEGER NOT NULL DEFAULT 0,
    floor_count INTEGER NOT NULL DEFAULT 0,
    user_a INTEGER,
    user_b INTEGER,
    a_read_seq INTEGER NOT NULL DEFAULT 0,
    a_read_ordinal INTEGER NOT NULL DEFAULT 0,
    a_delivered_seq INTEGER NOT NULL DEFAULT 0,
    b_read_seq INTEGER NOT NULL DEFAULT 0,
    b_read_ordinal INTEGER NOT NULL DEFAULT 0,
    b_delivered_seq INTEGER NOT NULL DEFAULT 0
  ) STRICT`,

  // The members of a conversation, the first and last sequence of each membership, and the member's settings. The
  // column earlier holds earlier intervals, which are rare. The positions here are for groups.
  `CREATE TABLE ${t.member} (
    user INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    from_seq INTEGER NOT NULL DEFAULT 0,
    to_seq INTEGER,
    earlier TEXT,
    role INTEGER NOT NULL DEFAULT 0,
    joined_at INTEGER NOT NULL,
    muted_until INTEGER,
    read_seq INTEGER NOT NULL DEFAULT 0,
    read_ordinal INTEGER NOT NULL DEFAULT 0,
    delivered_seq INTEGER NOT NULL DEFAULT 0,
    cleared_seq INTEGER NOT NULL DEFAULT 0,
    pinned INTEGER NOT NULL DEFAULT 0,
    muted INTEGER NOT NULL DEFAULT 0,
    hidden_at INTEGER,
    PRIMARY KEY (user, conversation)
  ) WITHOUT ROWID, STRICT`,
  `CREATE INDEX ${t.member}_of ON ${t.member} (conversation, user)`,

  // Every message is added at the end of the table, so that a batch over many conversations writes few pages.
  `CREATE TABLE ${t.message} (
    id INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    sender INTEGER,
    recipient INTEGER,
    type TEXT NOT NULL,
    content TEXT,
    msg_id TEXT NOT NULL,
    client_msg_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    server_time INTEGER NOT NULL,
    client_time INTEGER,
    subject TEXT,
    ext TEXT,
    reply_to INTEGER,
    mentions TEXT,
    expires_at INTEGER,
    as_of INTEGER,
    edited_at INTEGER,
    reactions TEXT
  ) STRICT`,
  `CREATE UNIQUE INDEX ${t.message}_seq ON ${t.message} (conversation, seq)`,
  `CREATE INDEX ${t.message}_exceptional ON ${t.message} (conversation, seq, sender, flags) WHERE flags >= 16`,
  `CREATE INDEX ${t.message}_mentions ON ${t.message} (conversation, seq) WHERE mentions IS NOT NULL`,

  // The sync timeline. message is the number of the message's row to which a pointer leads; conversation and its seq
  // stay after the message is trimmed.
  `CREATE TABLE ${t.inbox} (
    user INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    at INTEGER NOT NULL,
    message INTEGER,
    conversation INTEGER,
    conversation_seq INTEGER,
    body TEXT,
    PRIMARY KEY (user, seq)
  ) WITHOUT ROWID, STRICT`,

  // Every key of every user, once. A message's key points to the message's row, another request's key holds its answer.
  `CREATE TABLE ${t.key} (
    user INTEGER NOT NULL,
    client_msg_id TEXT NOT NULL,
    message INTEGER,
    digest TEXT,
    conversation INTEGER,
    at INTEGER,
    PRIMARY KEY (user, client_msg_id)
  ) WITHOUT ROWID, STRICT`,

  `CREATE TABLE ${t.device} (
    user INTEGER NOT NULL,
    device_id TEXT NOT NULL,
    device_type TEXT NOT NULL,
    delivered_from INTEGER NOT NULL DEFAULT 0,
    delivered_to INTEGER NOT NULL DEFAULT 0,
    seen_at INTEGER,
    PRIMARY KEY (user, device_id)
  ) WITHOUT ROWID, STRICT`,
]
