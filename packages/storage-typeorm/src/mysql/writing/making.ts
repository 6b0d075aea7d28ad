// Rows that must be there before a batch can be carried out: of users, and of conversations.
import { pieces, type Sql } from '../sql.js'

/** A conversation that is to be made before the next try. */
export interface NewConversation {
  readonly conversationId: string
  readonly kind: 'c2c' | 'c2g'
  readonly subject: string
  readonly createdAt: number
  /** The users of a c2c conversation, by their numbers: one or two. */
  readonly persons: readonly number[]
}

/** Rows that must be there before the batch can be carried out: they are made, and it begins again. */
export class RowsMissing extends Error {
  constructor(
    readonly users: readonly string[],
    readonly conversations: readonly NewConversation[],
    /** Conversations of the same batch that are there. */
    readonly beside: readonly string[] = [],
  ) {
    super('rows that are to be made were not found afterwards')
  }
}

/** Whether a row that was made is what an operation begins now. */
export const isSame = (made: NewConversation, wanted: NewConversation): boolean =>
  made.kind === wanted.kind &&
  made.subject === wanted.subject &&
  made.createdAt === wanted.createdAt &&
  made.persons.join() === wanted.persons.join()

/**
 * Rows of users; those that are there already stay as they are. A row says nothing but that the user was named once, so
 * these are made outside the transaction, and are kept when it fails.
 */
export const makeUsers = (sql: Sql, userIds: readonly string[]): readonly string[] =>
  pieces([...new Set(userIds)].toSorted()).map(
    (some) =>
      `INSERT INTO ${sql.t.user} (user_id) VALUES ${some.map((id) => `(${sql.bytes(id)})`).join(', ')}
        ON DUPLICATE KEY UPDATE id = id`,
  )

/**
 * Makes what is missing among a batch's conversations, and locks them all, in one order: whoever makes the same at once
 * waits here, and finds it. (A plain INSERT would share the lock of a row that is there, and such locks make deadlocks.)
 */
export const makeConversations = (sql: Sql, { conversations, beside }: RowsMissing): readonly string[] => {
  if (conversations.length === 0) return []
  const known = beside.map((conversationId) => ({ conversationId, kind: '', subject: '', createdAt: 0, persons: [] }))
  const sorted = [...known, ...conversations].toSorted((a, b) => (a.conversationId < b.conversationId ? -1 : 1))
  return pieces(sorted).map(
    (some) =>
      `INSERT INTO ${sql.t.conversation} (conversation_id, kind, subject, created_at, updated_at, user_a, user_b) VALUES
        ${some.map((one) => `(${valuesOf(sql, one).join(', ')})`).join(', ')} ON DUPLICATE KEY UPDATE id = id`,
  )
}

type Made = Omit<NewConversation, 'kind'> & { readonly kind: string }

function valuesOf(sql: Sql, { conversationId, kind, subject, createdAt, persons }: Made): readonly string[] {
  const at = sql.int(createdAt)
  const [a = null, b = a] = persons
  return [sql.bytes(conversationId), sql.text(kind), sql.text(subject), at, at, sql.int(a), sql.int(b)]
}
