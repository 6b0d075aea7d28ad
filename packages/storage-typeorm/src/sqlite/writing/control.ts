// Recalls, edits and reactions: the message that each changes, and the control message that reports the change.
import type { ControlChange, ControlOp, ControlResult } from '@rookery/core'
import { already, counted, type Target } from '../../operations/control.js'
import { isStale } from '../../operations/stale.js'
import { flag } from '../../rows/codes.js'
import type { SqliteStatement } from '../driver.js'
import { knownKey, point, store } from './append.js'
import type { Batch } from './batch.js'
import type { ConversationCounters } from './counters.js'

type Reaction = Extract<ControlChange, { kind: 'reaction' }>

/** The message to be changed, and whether its content is what an edit makes of it. */
type Found = Target & { readonly isSame: boolean }
type TargetTuple = [string, number, number, number | null, number | null, string | null]

export class Controls {
  readonly #target: SqliteStatement
  readonly #recall: SqliteStatement
  readonly #recallEdits: SqliteStatement
  readonly #edit: SqliteStatement
  readonly #react: SqliteStatement
  readonly #reaction: SqliteStatement
  readonly #addReaction: SqliteStatement
  readonly #removeReaction: SqliteStatement
  readonly #removeReactions: SqliteStatement

  constructor(private readonly batch: Batch) {
    const { db, tables: t } = batch
    const one = 'WHERE conversation = ? AND seq = ?'
    const gone = `content = NULL, ext = NULL, reactions = NULL, edited_at = NULL, as_of = ?,
      flags = flags | ${flag.recalled} | CASE WHEN flags & ${flag.countable} THEN ${flag.exceptional} ELSE 0 END`
    this.#target = db
      .prepare(`SELECT type, flags, content IS ?, as_of, edit_seq, reactions FROM ${t.message} ${one}`)
      .raw()
    this.#recall = db.prepare(`UPDATE ${t.message} SET ${gone} ${one}`)
    this.#recallEdits = db.prepare(`UPDATE ${t.message} SET ${gone} WHERE conversation = ? AND target = ?`)
    this.#edit = db.prepare(`UPDATE ${t.message} SET content = ?, edited_at = ?, as_of = ?, edit_seq = ? ${one}`)
    this.#react = db.prepare(`UPDATE ${t.message} SET reactions = ?, as_of = ? ${one}`)
    this.#reaction = db.prepare(`SELECT control_seq FROM ${t.reaction} ${one} AND user = ? AND reaction = ?`).raw()
    this.#addReaction = db.prepare(
      `INSERT INTO ${t.reaction} (conversation, seq, user, reaction, control_seq) VALUES (?, ?, ?, ?, ?)`,
    )
    this.#removeReaction = db.prepare(`DELETE FROM ${t.reaction} ${one} AND user = ? AND reaction = ?`)
    this.#removeReactions = db.prepare(`DELETE FROM ${t.reaction} ${one}`)
  }

  control(op: ControlOp): ControlResult {
    const { message, change } = op
    const known = knownKey(this.batch, message)
    if (known) return { status: 'duplicate', ...known }
    const conversation = this.batch.counters.conversation(message.conversationId)
    if (isStale(conversation, op.version)) return { status: 'stale' }
    const target = conversation && this.#targetOf(conversation, change)
    if (!conversation || !target || target.type.startsWith('im.')) return { status: 'gone' }

    const before = already(target, change, {
      hasContent: () => target.isSame,
      reactionOf: (userId, reaction) => this.#reactionOf(conversation, target.seq, userId, reaction),
    })
    if (before !== null) return before
    const stored = store(this.batch, conversation, message, false, change.kind === 'edit' ? target.seq : null)
    this.#fold(conversation, target, change, stored.seq, message.serverTime)
    const inbox = point(this.batch, stored, conversation, message.serverTime, op.members)
    return { status: 'stored', seq: stored.seq, ordinal: stored.ordinal, inbox }
  }

  #targetOf({ id }: ConversationCounters, change: ControlChange): Found | undefined {
    const values = [change.kind === 'edit' ? change.content : null, id, change.seq]
    let row = this.#target.get(values) as TargetTuple | undefined
    if (!row) {
      // This batch may have appended the message.
      this.batch.flush()
      row = this.#target.get(values) as TargetTuple | undefined
    }
    if (!row) return undefined
    const [type, flags, isSame, asOf, editSeq, reactions] = row
    return { seq: change.seq, type, flags, isSame: isSame === 1, asOf, editSeq, reactions }
  }

  #reactionOf({ id }: ConversationCounters, seq: number, userId: string, reaction: string): number | undefined {
    const user = this.batch.counters.userRow(userId)
    return (this.#reaction.get([id, seq, user.id, reaction]) as [number] | undefined)?.[0]
  }

  #fold(conversation: ConversationCounters, target: Target, change: ControlChange, by: number, at: number): void {
    const one = [conversation.id, target.seq]
    switch (change.kind) {
      case 'recall':
        this.#recall.run([by, ...one])
        if (target.editSeq !== null) {
          this.batch.flush()
          this.#recallEdits.run([by, ...one])
        }
        this.#removeReactions.run(one)
        return
      case 'edit':
        this.#edit.run([change.content, at, by, by, ...one])
        return
      case 'reaction':
        this.#write(one, change, by)
        this.#react.run([counted(target.reactions, change), by, ...one])
    }
  }

  #write(one: readonly number[], { userId, reaction, remove }: Reaction, by: number): void {
    const row = [...one, this.batch.counters.userRow(userId).id, reaction]
    if (remove) this.#removeReaction.run(row)
    else this.#addReaction.run([...row, by])
  }
}
