// What a batch has to write, and the statements that write it. Each statement writes as many rows as its size allows.
import { pieces, table, type Sql } from '../sql.js'
import type { ConversationRow, DeviceRow, MemberRow, UserRow } from './rows.js'

/** The approximate size of a statement in bytes, far below what a server takes. */
const statementBytes = 256 * 1024

export class Pending {
  /** Rows, as text for VALUES. */
  messages: string[] = []
  keys: string[] = []
  exceptional: string[] = []
  mentions: string[] = []
  entries: string[] = []
  /** Complete statements, which run last. */
  others: string[] = []
  /** The login epoch to which each user's was raised, by the user's number. */
  readonly logins = new Map<number, number>()
  readonly conversations = new Set<ConversationRow>()
  readonly users = new Set<UserRow>()
  readonly members = new Map<string, readonly [person: number, conversation: number, MemberRow]>()
  readonly delivered = new Map<string, readonly [person: number, conversation: number, seq: number]>()
  readonly devices = new Map<string, readonly [person: number, deviceId: string, DeviceRow | null]>()

  /** Answers the statements and forgets what they write. */
  take(sql: Sql): readonly string[] {
    const { t } = sql
    const statements = [
      ...inserts(
        `INSERT INTO ${t.message} (conversation, seq, ordinal, sender, recipient, server_time, client_time, reply_to,
          flags, client_msg_id, type, content, msg_id, digest, subject, ext, mentions) VALUES `,
        this.messages,
      ),
      ...inserts(`INSERT INTO ${t.key} (person, client_msg_id, digest, conversation, seq, at) VALUES `, this.keys),
      ...inserts(`INSERT INTO ${t.exceptional} (conversation, seq, sender, recalled) VALUES `, this.exceptional),
      ...inserts(`INSERT INTO ${t.mention} (conversation, seq) VALUES `, this.mentions),
      ...inserts(
        `INSERT INTO ${t.inbox} (person, seq, kind, at, conversation, conversation_seq, body) VALUES `,
        this.entries,
      ),
      ...members(sql, [...this.members.values()]),
      ...delivered(sql, [...this.delivered.values()]),
      ...devices(sql, [...this.devices.values()]),
      ...update(
        t.conversation,
        conversationColumns,
        [...this.conversations].map((row) => countersOf(sql, row)),
      ),
      ...update(
        t.user,
        ['head'],
        [...this.users].map(({ person, head }) => [String(person), String(head)]),
      ),
      ...update(
        t.user,
        ['login_epoch'],
        [...this.logins].map((values) => values.map(String)),
      ),
      ...(this.logins.size > 0
        ? [`UPDATE ${t.meta} SET login_epoch = ${Math.max(...this.logins.values())} WHERE id = 1`]
        : []),
      ...this.others,
    ]
    for (const rows of [this.messages, this.keys, this.exceptional, this.mentions, this.entries, this.others]) {
      rows.length = 0
    }
    for (const rows of [this.logins, this.conversations, this.users, this.members, this.delivered, this.devices]) {
      rows.clear()
    }
    return statements
  }
}

function members(
  sql: Sql,
  rows: readonly (readonly [person: number, conversation: number, MemberRow])[],
): readonly string[] {
  const values = rows.map(([person, conversation, m]) => {
    const numbers = [m.fromSeq, m.toSeq, m.joinedAt, m.mutedUntil, m.readSeq, m.readOrdinal, m.deliveredSeq]
    const rest = [m.clearedSeq, m.hiddenAt, m.role, m.pinned ? 1 : 0, m.muted ? 1 : 0, m.follows ? 1 : 0]
    const memberId = m.memberId === null ? 'NULL' : sql.bytes(m.memberId)
    return `(${person},${conversation},${[...numbers, ...rest].map((n) => sql.int(n)).join(',')},
      ${memberId},${sql.text(m.earlier)})`
  })
  return inserts(
    `REPLACE INTO ${sql.t.member} (person, conversation, from_seq, to_seq, joined_at, muted_until, read_seq, read_ordinal,
      delivered_seq, cleared_seq, hidden_at, role, pinned, muted, follows, member_id, earlier) VALUES `,
    values,
  )
}

const delivered = ({ t }: Sql, rows: readonly (readonly number[])[]): readonly string[] =>
  pieces(rows).map(
    (some) => `UPDATE ${table(
      ['person', 'conversation', 'seq'],
      some.map((values) => values.map(String)),
    )} v
      STRAIGHT_JOIN ${t.member} x FORCE INDEX (PRIMARY) ON x.person = v.person AND x.conversation = v.conversation
      SET x.delivered_seq = v.seq`,
  )

function devices(
  sql: Sql,
  rows: readonly (readonly [person: number, deviceId: string, DeviceRow | null])[],
): readonly string[] {
  const kept: string[] = []
  const gone: string[] = []
  for (const [person, deviceId, device] of rows) {
    if (device === null) {
      gone.push(`DELETE FROM ${sql.t.device} WHERE person = ${person} AND device_id = ${sql.bytes(deviceId)}`)
      continue
    }
    const { from, to, seenAt, deviceType } = device
    const numbers = [from, to, seenAt].map((n) => sql.int(n)).join(',')
    kept.push(`(${person},${sql.bytes(deviceId)},${sql.text(deviceType)},${numbers})`)
  }
  return [
    ...gone,
    ...inserts(
      `REPLACE INTO ${sql.t.device} (person, device_id, device_type, delivered_from, delivered_to, seen_at) VALUES `,
      kept,
    ),
  ]
}

const countersOf = (sql: Sql, c: ConversationRow): readonly string[] =>
  [
    ...[c.id, c.lastSeq, c.countable, c.lastCountableSeq, c.lastExceptionalSeq, c.lastMentionSeq, c.updatedAt],
    ...[c.version, c.members, c.a?.readSeq ?? 0, c.a?.readOrdinal ?? 0, c.b?.readSeq ?? 0, c.b?.readOrdinal ?? 0],
  ].map((n) => sql.int(n))

const conversationColumns = [
  ...['last_seq', 'countable', 'last_countable_seq', 'last_exceptional_seq', 'last_mention_seq', 'updated_at'],
  ...['version', 'members', 'a_read_seq', 'a_read_ordinal', 'b_read_seq', 'b_read_ordinal'],
]

/**
 * Sets columns of many rows. The first value of each is the row's id. The statement forces the index, because the
 * server would read a small table completely, and lock rows that are not the batch's.
 */
function update(of: string, columns: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const [column] = columns
  // The server makes a table of the given rows, which costs too much for one row or one column.
  if (rows.length === 1) return rows.map((row) => setOne(of, columns, row))
  if (columns.length === 1) return pieces(rows, 100).map((some) => setColumn(of, column!, some))
  return pieces(rows).map(
    (some) => `UPDATE ${table(['id', ...columns], some)} v STRAIGHT_JOIN ${of} x FORCE INDEX (PRIMARY) ON x.id = v.id
      SET ${columns.map((name) => `x.${name} = v.${name}`).join(', ')}`,
  )
}

const setOne = (of: string, columns: readonly string[], [id, ...values]: readonly string[]): string =>
  `UPDATE ${of} FORCE INDEX (PRIMARY) SET ${columns.map((name, at) => `${name} = ${values[at]}`).join(', ')} WHERE id = ${id}`

/** This takes few rows at once, because the server compares each row with all cases. */
const setColumn = (of: string, column: string, rows: readonly (readonly string[])[]): string =>
  `UPDATE ${of} FORCE INDEX (PRIMARY) SET ${column} = CASE id ${rows.map(([id, value]) => `WHEN ${id} THEN ${value}`).join(' ')} END
    WHERE id IN (${rows.map(([id]) => id).join(', ')})`

/** Splits rows into as many statements as their size needs. */
function inserts(into: string, rows: readonly string[]): readonly string[] {
  const statements: string[] = []
  let begin = 0
  let size = 0
  for (const [at, row] of rows.entries()) {
    if (at > begin && size + row.length > statementBytes) {
      statements.push(into + rows.slice(begin, at).join(','))
      begin = at
      size = 0
    }
    size += row.length
  }
  if (begin < rows.length) statements.push(into + rows.slice(begin).join(','))
  return statements
}
