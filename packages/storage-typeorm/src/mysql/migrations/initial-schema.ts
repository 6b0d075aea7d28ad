// The first schema: that of PostgreSQL, for MySQL.
//
// Ids and keys are VARBINARY, so that the server compares them byte for byte, with trailing spaces, whatever its
// collations are. Values that are only returned are text. There are no foreign keys: every row is written under locks
// that keep it consistent.
//
// MySQL commits each of these statements by itself. Each does nothing where it has run before, so the next start
// completes one that was interrupted.
import type { MigrationInterface, QueryRunner } from 'typeorm'
import type { MysqlTables } from '../tables.js'

/** The migration, under the names of one installation. TypeORM reads the time at the end of its name. */
export function initialSchema(t: MysqlTables): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = 'ImInitialSchema1763700000000'

    async up(runner: QueryRunner): Promise<void> {
      for (const [name, columns] of tables(t)) {
        await runner.query(
          `CREATE TABLE IF NOT EXISTS ${name} (${columns})
            ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
        )
      }
      await runner.query(
        `INSERT INTO ${t.meta} (id, epoch, login_epoch) VALUES (1, REPLACE(UUID(), '-', ''), 0)
          ON DUPLICATE KEY UPDATE id = id`,
      )
    }

    async down(runner: QueryRunner): Promise<void> {
      for (const [name] of tables(t).toReversed()) await runner.query(`DROP TABLE IF EXISTS ${name}`)
    }
  }
}

const tables = (t: MysqlTables): readonly (readonly [name: string, columns: string])[] => [
  [
    t.meta,
    `id tinyint NOT NULL PRIMARY KEY,
    epoch varchar(64) NOT NULL,
    login_epoch bigint NOT NULL`,
  ],

  // head and floor are the inbox's counters: its numbers are allocated here, and never lowered.
  [
    t.user,
    `id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id varbinary(512) NOT NULL,
    head bigint NOT NULL DEFAULT 0,
    floor bigint NOT NULL DEFAULT 0,
    login_epoch bigint NOT NULL DEFAULT 0,
    UNIQUE KEY by_id (user_id)`,
  ],

  // The store timeline's counter row. It also has the read positions of a c2c conversation's two users. A send moves
  // the sender's position, so it writes one row instead of two. The last exceptional and the last mentioning message
  // tell most reads that they need not look for any. For groups it has their profile, the number of members, and what
  // decides who may speak.
  [
    t.conversation,
    `id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    conversation_id varbinary(512) NOT NULL,
    last_seq bigint NOT NULL DEFAULT 0,
    countable bigint NOT NULL DEFAULT 0,
    last_countable_seq bigint NOT NULL DEFAULT 0,
    last_exceptional_seq bigint NOT NULL DEFAULT 0,
    last_mention_seq bigint NOT NULL DEFAULT 0,
    floor_seq bigint NOT NULL DEFAULT 0,
    floor_count bigint NOT NULL DEFAULT 0,
    key_floor bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    user_a bigint,
    user_b bigint,
    a_read_seq bigint NOT NULL DEFAULT 0,
    a_read_ordinal bigint NOT NULL DEFAULT 0,
    b_read_seq bigint NOT NULL DEFAULT 0,
    b_read_ordinal bigint NOT NULL DEFAULT 0,
    owner bigint,
    members bigint NOT NULL DEFAULT 0,
    muted_until bigint NOT NULL DEFAULT 0,
    fan_out tinyint NOT NULL DEFAULT 0,
    dissolved tinyint NOT NULL DEFAULT 0,
    kind varchar(32) NOT NULL,
    subject text NOT NULL,
    name text,
    avatar text,
    announcement mediumtext,
    ext longtext,
    UNIQUE KEY by_id (conversation_id)`,
  ],

  // The members of a conversation, the first and last sequence of each membership, and the member's settings. The
  // column earlier holds earlier intervals, which are rare. The read position here is for groups. The delivered
  // position is here for c2c too, so that an acknowledgement touches no row for which a sender waits. member_id repeats
  // the user's id, in groups only, so that their members are listed in its order. follows is 1 while a member's group
  // is fanned out on read.
  [
    t.member,
    `person bigint NOT NULL,
    conversation bigint NOT NULL,
    from_seq bigint NOT NULL DEFAULT 0,
    to_seq bigint,
    joined_at bigint NOT NULL,
    muted_until bigint NOT NULL DEFAULT 0,
    read_seq bigint NOT NULL DEFAULT 0,
    read_ordinal bigint NOT NULL DEFAULT 0,
    delivered_seq bigint NOT NULL DEFAULT 0,
    cleared_seq bigint NOT NULL DEFAULT 0,
    hidden_at bigint,
    role tinyint NOT NULL DEFAULT 0,
    pinned tinyint NOT NULL DEFAULT 0,
    muted tinyint NOT NULL DEFAULT 0,
    follows tinyint NOT NULL DEFAULT 0,
    member_id varbinary(512),
    earlier mediumtext,
    PRIMARY KEY (person, conversation),
    KEY of_conversation (conversation, person),
    KEY listed (conversation, to_seq, member_id)`,
  ],

  // edit_seq is the sequence of the message's last edit.
  [
    t.message,
    `conversation bigint NOT NULL,
    seq bigint NOT NULL,
    ordinal bigint NOT NULL,
    sender bigint,
    recipient bigint,
    server_time bigint NOT NULL,
    client_time bigint,
    reply_to bigint,
    expires_at bigint,
    edit_seq bigint,
    as_of bigint,
    edited_at bigint,
    flags int NOT NULL,
    type varchar(255) NOT NULL,
    content longtext,
    msg_id varchar(255) NOT NULL,
    client_msg_id varbinary(512) NOT NULL,
    digest varchar(255) NOT NULL,
    subject text,
    ext longtext,
    mentions mediumtext,
    reactions mediumtext,
    PRIMARY KEY (conversation, seq)`,
  ],
  [
    t.exceptional,
    `conversation bigint NOT NULL,
    seq bigint NOT NULL,
    sender bigint,
    recalled tinyint NOT NULL,
    PRIMARY KEY (conversation, seq)`,
  ],
  [
    t.mention,
    `conversation bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (conversation, seq)`,
  ],
  // target is the message that an edit changes.
  [
    t.edit,
    `conversation bigint NOT NULL,
    target bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (conversation, target, seq)`,
  ],
  // Each user's reactions to a message, and the control message of each.
  [
    t.reaction,
    `conversation bigint NOT NULL,
    seq bigint NOT NULL,
    person bigint NOT NULL,
    reaction varbinary(512) NOT NULL,
    control_seq bigint NOT NULL,
    PRIMARY KEY (conversation, seq, person, reaction)`,
  ],

  // The sync timeline. A pointer names its message by conversation and sequence, which stay after the message is
  // trimmed.
  [
    t.inbox,
    `person bigint NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    conversation bigint,
    conversation_seq bigint,
    kind tinyint NOT NULL,
    body longtext,
    PRIMARY KEY (person, seq)`,
  ],

  // Every key of every user, once. A message's key leads to the message's row. The key of another request, or of a
  // trimmed message, holds the answer itself, and only such a key has a time here.
  [
    t.key,
    `person bigint NOT NULL,
    conversation bigint,
    seq bigint,
    at bigint,
    client_msg_id varbinary(512) NOT NULL,
    digest varchar(255),
    msg_id varchar(255),
    PRIMARY KEY (person, client_msg_id),
    KEY by_time (at)`,
  ],

  [
    t.device,
    `person bigint NOT NULL,
    delivered_from bigint NOT NULL DEFAULT 0,
    delivered_to bigint NOT NULL DEFAULT 0,
    seen_at bigint,
    device_id varbinary(512) NOT NULL,
    device_type varchar(255) NOT NULL,
    PRIMARY KEY (person, device_id)`,
  ],
]
