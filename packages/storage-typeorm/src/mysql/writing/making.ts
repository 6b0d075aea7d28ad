// Rows of users and conversations that must exist before a batch can run.
import { pieces, type Sql } from '../sql.js'

/** A conversation to make before the next try. */
export interface NewConversation {
  readonly conversationId: string
  readonly kind: 'c2c' | 'c2g'
  readonly subject: string
  readonly createdAt: number
  /** The one or two users of a c2c conversation, by their numbers. */
  readonly persons: readonly number[]
}

/** Thrown where rows are missing that the batch needs. The writer makes them and begins the batch again. */
export class RowsMissing extends Error {
  constructor(
    readonly users: readonly string[],
    readonly conversations: readonly NewConversation[],
    /** Conversations of the same batch that exist already. */
    readonly beside: readonly string[] = [],
  ) {
    super('rows that are to be made were not found afterwards')
  }
}

/** Whether a row that was made is the conversation that an operation begins now. */
export const isSame = (made: NewConversation, wanted: NewConversation): boolean =>
  made.kind === wanted.kind &&
  made.subject === wanted.subject &&
  made.createdAt === wanted.createdAt &&
  made.persons.join() === wanted.persons.join()

/**
 * Makes users' rows, and leaves existing ones as they are. A row only tells that somebody named the user, so these
 * statements run outside the transaction, and the rows stay when it fails.
 */
export const makeUsers = (sql: Sql, userIds: readonly string[]): readonly string[] =>
  pieces([...new Set(userIds)].toSorted()).map(
    (some) =>
      `INSERT INTO ${sql.t.user} (user_id) VALUES ${some.map((id) => `(${sql.bytes(id)})`).join(', ')}
        ON DUPLICATE KEY UPDATE id = id`,
  )

/**
 * Makes the missing conversations of a batch, and locks all its conversations in one order. A transaction that makes
 * the same conversation at the same time waits here, and then finds it. A plain INSERT would take a shared lock of an
 * existing row, and shared locks cause deadlocks.
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
