// What the storage keeps of a conversation for a user: the read position, and pinned, muted, hidden.
import type { ReadOp, ReadResult, SettingsOp, SettingsResult } from '@rookery/core'
import { changedSettings } from '../../operations/settings.js'
import { entryKind, flag } from '../../rows/codes.js'
import type { SqliteStatement } from '../driver.js'
import type { Batch } from './batch.js'
import type { ConversationCounters, Position } from './counters.js'

export class Positions {
  readonly #ordinal: SqliteStatement
  readonly #exceptions: SqliteStatement
  readonly #readSettings: SqliteStatement
  readonly #writeSettings: SqliteStatement

  constructor(private readonly batch: Batch) {
    const { db, tables: t } = batch
    this.#ordinal = db.prepare(`SELECT ordinal FROM ${t.message} WHERE conversation = ? AND seq = ?`).raw()
    this.#exceptions = db
      .prepare(
        `SELECT count(*) FROM ${t.message}
          WHERE conversation = ? AND seq > ? AND flags >= 16 AND (sender = ? OR flags & ${flag.recalled})`,
      )
      .raw()
    this.#readSettings = db
      .prepare(
        `SELECT pinned, muted, hidden_at FROM ${t.member} WHERE user = ? AND conversation = ? AND to_seq IS NULL`,
      )
      .raw()
    this.#writeSettings = db.prepare(
      `UPDATE ${t.member} SET pinned = ?, muted = ?, hidden_at = ? WHERE user = ? AND conversation = ?`,
    )
  }

  read(op: ReadOp): ReadResult {
    const { counters } = this.batch
    const conversation = counters.conversation(op.conversationId)
    const position = conversation && counters.position(conversation, op.userId)
    if (!conversation || !position) return { status: 'not-member' }
    const { conversationId } = conversation
    const atSeq = conversation.lastSeq
    const readSeq = Math.max(position.readSeq, Math.min(op.seq, atSeq))
    const moved = readSeq > position.readSeq
    if (moved) counters.move(conversation, position, readSeq, this.#ordinalAt(conversation, readSeq))
    const unread = this.#unread(conversation, position)
    const body = JSON.stringify({ conversationId, readSeq, unread, atSeq })
    const inboxSeq = moved ? this.batch.addFact(counters.userRow(op.userId), entryKind.read, op.at, body) : null
    return { status: 'ok', readSeq, unread, atSeq, inboxSeq }
  }

  settings(op: SettingsOp): SettingsResult {
    const { userId, conversationId, at, key } = op
    const { counters } = this.batch
    const user = counters.user(userId)
    const known = key && user && this.batch.known(user.id, key.clientMsgId)
    if (known) return { status: 'duplicate', digest: known.digest }
    const conversation = counters.conversation(conversationId)
    const row = user && conversation && this.#readSettings.get([user.id, conversation.id])
    if (!user || !conversation || !row) return { status: 'not-member' }

    const [wasPinned, wasMuted, hiddenAt] = row as [number, number, number | null]
    const before = { pinned: wasPinned === 1, muted: wasMuted === 1, hidden: hiddenAt === conversation.countable }
    // The request takes its key even where it changes nothing: a repeat that comes after another change must not undo
    // that change.
    if (key) {
      const taken = { digest: key.digest, msgId: '', conversationId, seq: 0, serverTime: at }
      this.batch.takeKey(user.id, key.clientMsgId, taken, conversation.id)
    }
    const changed = changedSettings(before, op)
    if (changed === null) return { status: 'ok', ...before, inboxSeq: null }
    const { pinned, muted, hidden } = changed
    const values = [pinned ? 1 : 0, muted ? 1 : 0, hidden ? conversation.countable : null]
    this.#writeSettings.run([...values, user.id, conversation.id])
    const body = JSON.stringify({ conversationId, pinned, muted, hidden })
    return { status: 'ok', pinned, muted, hidden, inboxSeq: this.batch.addFact(user, entryKind.conversation, at, body) }
  }

  #ordinalAt(conversation: ConversationCounters, seq: number): number {
    if (seq === conversation.lastSeq) return conversation.countable
    this.batch.flush()
    const row = this.#ordinal.get([conversation.id, seq]) as [number] | undefined
    return row ? row[0] : conversation.floorCount
  }

  #unread(conversation: ConversationCounters, { id, readSeq, readOrdinal }: Position): number {
    const behind = conversation.countable - Math.max(readOrdinal, conversation.floorCount)
    if (behind === 0) return 0
    this.batch.flush()
    const [exceptions] = this.#exceptions.get([conversation.id, readSeq, id]) as [number]
    return behind - exceptions
  }
}
