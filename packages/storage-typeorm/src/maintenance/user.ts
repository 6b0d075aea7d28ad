// Exports everything stored about one user, and erases what concerns nobody else. It finds the user's messages by a
// walk through the conversations of which the user is or was a member.
import type {
  Belonging,
  ConversationKind,
  Erased,
  Exported,
  MaintenanceStep,
  OwnReaction,
  StoredMessage,
} from '@rookery/core'
import { flag, roleOf } from '../rows/codes.js'
import { messageOf, type MessageTuple } from '../rows/message.js'
import type { Database, MessageSpan, Rows } from './dialect.js'

interface Place {
  /** The current conversation, and the last sequence that is done in it; -1 where none is. */
  readonly conversation: number
  readonly seq: number
}
interface Span extends MessageSpan {
  /** Where the next step goes on; null after the last conversation. */
  readonly next: Place | null
  readonly isFirst: boolean
  readonly progress: number
}

const start: Place = { conversation: 0, seq: -1 }

/** The next messages of one conversation, whoever sent them. */
async function spanOf(db: Database, user: number, { conversation, seq }: Place, most: number): Promise<Span | null> {
  const { tables: t, person } = db.dialect
  const [row] = await db.all<[number, number, number, number | null]>(
    `SELECT mb.conversation, c.floor_seq, c.last_seq, (SELECT max(x.conversation) FROM ${t.member} x WHERE x.${person} = mb.${person})
      FROM ${t.member} mb JOIN ${t.conversation} c ON c.id = mb.conversation
      WHERE mb.${person} = ? AND mb.conversation ${seq < 0 ? '>' : '='} ? ORDER BY mb.conversation LIMIT 1`,
    [user, conversation],
  )
  if (row === undefined) return null
  const [id, floor, last, end] = row
  const from = Math.max(floor, seq)
  const to = Math.min(last, from + most)
  const next = to < last ? { conversation: id, seq: to } : id < (end ?? 0) ? { conversation: id, seq: -1 } : null
  return { conversation: id, from, to, next, isFirst: seq < 0, progress: next === null ? 1 : id / ((end ?? id) + 1) }
}

async function userOf(db: Database, userId: string): Promise<number | null> {
  const [row] = await db.all<[number]>(`SELECT id FROM ${db.dialect.tables.user} WHERE user_id = ?`, [userId])
  return row?.[0] ?? null
}

export async function exportUser(db: Database, userId: string, { after, rows }: MaintenanceStep): Promise<Exported> {
  const user = await userOf(db, userId)
  const span = user === null ? null : await spanOf(db, user, placeOf(after)?.place ?? start, rows)
  if (user === null || span === null) return { next: null, progress: 1, memberships: [], messages: [], reactions: [] }
  return db.snapshot(async (reads) => ({
    next: span.next && cursorOf('messages', span.next),
    progress: span.progress,
    memberships: span.isFirst ? await belonging(db, reads, user, span.conversation) : [],
    messages: await messagesOf(db, reads, user, span),
    reactions: await reactionsOf(db, reads, user, span),
  }))
}

async function belonging(db: Database, rows: Rows, user: number, conversation: number): Promise<Belonging[]> {
  const { tables: t, person } = db.dialect
  const found = await rows.all<
    [string, ConversationKind, string, number, number, number | null, number, number, number]
  >(
    `SELECT c.conversation_id, c.kind, c.subject, mb.role, mb.joined_at, mb.to_seq,
        CASE WHEN c.kind <> 'c2c' THEN mb.read_seq WHEN c.user_a = mb.${person} THEN c.a_read_seq ELSE c.b_read_seq END,
        CASE WHEN mb.pinned = true THEN 1 ELSE 0 END, CASE WHEN mb.muted = true THEN 1 ELSE 0 END
      FROM ${t.member} mb JOIN ${t.conversation} c ON c.id = mb.conversation
      WHERE mb.${person} = ? AND mb.conversation = ?`,
    [user, conversation],
  )
  return found.map(([conversationId, kind, subject, role, joinedAt, to, readSeq, pinned, muted]) => ({
    conversationId,
    kind,
    subject,
    role: roleOf(role),
    joinedAt,
    ended: to !== null,
    readSeq,
    pinned: pinned === 1,
    muted: muted === 1,
  }))
}

async function messagesOf(
  db: Database,
  rows: Rows,
  user: number,
  { conversation, from, to }: MessageSpan,
): Promise<StoredMessage[]> {
  const { tables: t } = db.dialect
  const found = await rows.all<MessageTuple>(
    `SELECT m.msg_id, m.client_msg_id, c.conversation_id, c.kind, sender.user_id, recipient.user_id,
        coalesce(m.subject, c.subject), m.type, m.content, m.ext, m.reply_to, m.mentions, m.flags, m.client_time,
        m.server_time, m.seq, m.ordinal, m.edited_at, m.as_of, m.reactions
      FROM ${t.message} m JOIN ${t.conversation} c ON c.id = m.conversation
      LEFT JOIN ${t.user} sender ON sender.id = m.sender LEFT JOIN ${t.user} recipient ON recipient.id = m.recipient
      WHERE m.conversation = ? AND m.seq > ? AND m.seq <= ? AND m.sender = ? ORDER BY m.seq`,
    [conversation, from, to, user],
  )
  return found.map(messageOf)
}

async function reactionsOf(
  db: Database,
  rows: Rows,
  user: number,
  { conversation, from, to }: MessageSpan,
): Promise<OwnReaction[]> {
  const { tables: t, person } = db.dialect
  const found = await rows.all<[string, number, string]>(
    `SELECT c.conversation_id, r.seq, r.reaction FROM ${t.reaction} r JOIN ${t.conversation} c ON c.id = r.conversation
      WHERE r.conversation = ? AND r.seq > ? AND r.seq <= ? AND r.${person} = ? ORDER BY r.seq, r.reaction`,
    [conversation, from, to, user],
  )
  return found.map(([conversationId, seq, reaction]) => ({ conversationId, seq, reaction }))
}

export async function eraseUser(db: Database, userId: string, { after, rows }: MaintenanceStep): Promise<Erased> {
  const user = await userOf(db, userId)
  const erased = { messages: 0, keys: 0, entries: 0, devices: 0 }
  if (user === null) return { next: null, progress: 1, ...erased }
  const at = placeOf(after) ?? { part: 'messages', place: start }
  switch (at.part) {
    case 'messages': {
      const span = await spanOf(db, user, at.place, rows)
      if (span !== null) erased.messages = await eraseMessages(db, user, span)
      const next = span?.next ? cursorOf('messages', span.next) : cursorOf('keys', start)
      return { next, progress: (span?.progress ?? 1) / 5, ...erased }
    }
    case 'keys':
      erased.keys = await eraseKeys(db, user, rows)
      return erased.keys < rows
        ? { next: cursorOf('memberships', start), progress: 0.4, ...erased }
        : { next: cursorOf('keys', start), progress: 0.2, ...erased }
    case 'memberships': {
      const last = await eraseMemberships(db, user, at.place.conversation, rows)
      // The inbox comes after the conversations: messages from before a membership began anew are below its floor then.
      return last === null
        ? { next: cursorOf('inbox', start), progress: 0.6, ...erased }
        : { next: cursorOf('memberships', { conversation: last, seq: -1 }), progress: 0.4, ...erased }
    }
    case 'inbox': {
      const { entries, isLast } = await eraseInbox(db, user, rows)
      erased.entries = entries
      // Devices come last: acknowledgements that were under way have arrived by then.
      return isLast
        ? { next: cursorOf('devices', start), progress: 0.8, ...erased }
        : { next: cursorOf('inbox', start), progress: 0.6, ...erased }
    }
    case 'devices': {
      const { tables: t, person } = db.dialect
      const [devices = 0] = await db.carryOut([
        `DELETE FROM ${t.device} WHERE ${person} = ${user}`,
        `DELETE FROM ${t.push} WHERE ${person} = ${user}`,
        `UPDATE ${t.member} SET pinned = false, muted = false, hidden_at = NULL WHERE ${person} = ${user}`,
      ])
      return { next: null, progress: 1, ...erased, devices }
    }
  }
}

/** As a recall leaves it. */
const emptied = `content = NULL, ext = NULL, mentions = NULL, reactions = NULL, edited_at = NULL, client_time = NULL,
  flags = flags | ${flag.recalled} | CASE WHEN (flags & ${flag.countable}) <> 0 THEN ${flag.exceptional} ELSE 0 END`

async function eraseMessages(db: Database, user: number, span: MessageSpan): Promise<number> {
  const { tables: t, person, lock, editsOf, markAgain } = db.dialect
  const { conversation, from, to } = span
  const own = `conversation = ${conversation} AND seq > ${from} AND seq <= ${to} AND sender = ${user}`
  const isSaid = `(type NOT LIKE 'im.%' OR type = 'im.edit')`
  const locks = [lock('conversation', [conversation])].filter((one) => one !== null)
  const changed = await db.carryOut([
    ...locks,
    `UPDATE ${t.message} SET ${emptied} WHERE ${editsOf(span, user)} AND (flags & ${flag.recalled}) = 0`,
    `UPDATE ${t.message} SET ${emptied} WHERE ${own} AND ${isSaid} AND (flags & ${flag.recalled}) = 0`,
    ...markAgain(span),
    `UPDATE ${t.message} SET digest = '' WHERE ${own}`,
    `DELETE FROM ${t.reaction} WHERE conversation = ${conversation} AND seq > ${from} AND seq <= ${to}
      AND seq IN (SELECT m.seq FROM ${t.message} m WHERE m.conversation = ${conversation} AND m.seq > ${from}
        AND m.seq <= ${to} AND m.sender = ${user})`,
    // The user's reactions still count, but belong to nobody. Where an earlier owner of the id was erased with the same
    // reaction, one of the two is removed.
    `DELETE FROM ${t.reaction} WHERE conversation = ${conversation} AND seq > ${from} AND seq <= ${to}
      AND ${person} = -${user} AND (seq, reaction) IN (SELECT x.seq, x.reaction FROM (SELECT r.seq, r.reaction
        FROM ${t.reaction} r WHERE r.conversation = ${conversation} AND r.seq > ${from} AND r.seq <= ${to}
        AND r.${person} = ${user}) x)`,
    `UPDATE ${t.reaction} SET ${person} = -${person}
      WHERE conversation = ${conversation} AND seq > ${from} AND seq <= ${to} AND ${person} = ${user}`,
  ])
  return (changed[locks.length] ?? 0) + (changed[locks.length + 1] ?? 0)
}

async function eraseKeys(db: Database, user: number, most: number): Promise<number> {
  const { tables: t, person } = db.dialect
  const keys = await db.all<[string]>(
    `SELECT client_msg_id FROM ${t.key} WHERE ${person} = ? ORDER BY client_msg_id LIMIT ?`,
    [user, most],
  )
  const last = keys.at(-1)
  if (last !== undefined)
    await db.transaction((rows) =>
      rows.run(`DELETE FROM ${t.key} WHERE ${person} = ? AND client_msg_id <= ?`, [user, last[0]]),
    )
  return keys.length
}

/**
 * A new owner of the id sees nothing from before: ended memberships become empty, and those in c2c conversations begin
 * anew at the head, where nothing is unread. Answers the last membership done; null after the end.
 */
async function eraseMemberships(db: Database, user: number, after: number, most: number): Promise<number | null> {
  const { tables: t, person, lock } = db.dialect
  const found = await db.all<[number]>(
    `SELECT conversation FROM ${t.member} WHERE ${person} = ? AND conversation > ? ORDER BY conversation LIMIT ?`,
    [user, after, most],
  )
  if (found.length === 0) return null
  const ids = found.map(([id]) => id)
  const listed = ids.join(',')
  const c2c = `id IN (${listed}) AND kind = 'c2c'`
  await db.carryOut([
    ...[lock('conversation', ids)].filter((one) => one !== null),
    `UPDATE ${t.member} SET from_seq = to_seq, earlier = NULL
      WHERE ${person} = ${user} AND conversation IN (${listed}) AND to_seq IS NOT NULL`,
    `UPDATE ${t.member} SET from_seq = (SELECT c.last_seq FROM ${t.conversation} c WHERE c.id = ${t.member}.conversation)
      WHERE ${person} = ${user} AND conversation IN (SELECT c.id FROM ${t.conversation} c WHERE c.${c2c})`,
    ...['a', 'b'].map(
      (side) => `UPDATE ${t.conversation} SET ${side}_read_seq = last_seq, ${side}_read_ordinal = countable
        WHERE ${c2c} AND user_${side} = ${user}`,
    ),
  ])
  return found.length < most ? null : ids.at(-1)!
}

async function eraseInbox(
  db: Database,
  user: number,
  most: number,
): Promise<{ readonly entries: number; readonly isLast: boolean }> {
  const { tables: t, person, lock } = db.dialect
  const [row] = await db.all<[number, number]>(`SELECT floor, head FROM ${t.user} WHERE id = ?`, [user])
  const [floor, head] = row ?? [0, 0]
  const to = Math.min(head, floor + most)
  const locks = [lock('user', [user])].filter((one) => one !== null)
  const changed = await db.carryOut([
    ...locks,
    `DELETE FROM ${t.inbox} WHERE ${person} = ${user} AND seq <= ${to}`,
    `UPDATE ${t.user} SET floor = ${to} WHERE id = ${user} AND floor < ${to}`,
  ])
  return { entries: changed[locks.length] ?? 0, isLast: to === head }
}

const parts = ['messages', 'keys', 'memberships', 'inbox', 'devices'] as const
type Part = (typeof parts)[number]

const cursorOf = (part: Part, { conversation, seq }: Place): string => JSON.stringify([part, conversation, seq])

function placeOf(cursor: string | null): { readonly part: Part; readonly place: Place } | null {
  if (cursor === null) return null
  const [name, conversation, seq] = JSON.parse(cursor) as [unknown, unknown, unknown]
  const part = parts.find((one) => one === name)
  if (part === undefined || !Number.isInteger(conversation) || !Number.isInteger(seq))
    throw new Error('the cursor is none that this storage gave')
  return { part, place: { conversation: conversation as number, seq: seq as number } }
}
