// Recalls, edits and reactions: the message that each changes, and the control message that reports the change.
import type { ControlChange, ControlOp, ControlResult } from '@rookery/core'
import { already, counted } from '../../operations/control.js'
import { isStale } from '../../operations/stale.js'
import { flag, systemUser } from '../../rows/codes.js'
import { point } from './append.js'
import type { Batch } from './batch.js'
import type { ConversationRow, TargetRow } from './rows.js'

export async function control(batch: Batch, op: ControlOp): Promise<ControlResult> {
  const { message, change } = op
  const known = batch.known(message.from, message.clientMsgId)
  if (known) return { status: 'duplicate', ...known }
  const conversation = batch.conversation(message.conversationId)
  if (isStale(conversation, op.version)) return { status: 'stale' }
  const target = conversation && (await batch.target(conversation, change.seq))
  if (conversation === undefined || target === undefined || target.type.startsWith('im.')) return { status: 'gone' }

  const before = already(target, change, {
    hasContent: (content) => target.content === content,
    reactionOf: (userId, reaction) => batch.reaction(conversation, target.seq, batch.userRow(userId).person, reaction),
  })
  if (before !== null) return before
  const person = message.from === null ? systemUser : batch.userRow(message.from).person
  const { seq, ordinal } = batch.addMessage(conversation, message, person, false)
  fold(batch, conversation, target, change, seq, message.serverTime)
  return { status: 'stored', seq, ordinal, inbox: point(batch, conversation, seq, message.serverTime, op.members) }
}

function fold(
  batch: Batch,
  conversation: ConversationRow,
  target: TargetRow,
  change: ControlChange,
  by: number,
  at: number,
): void {
  const { sql } = batch
  const { t } = sql
  const { id } = conversation
  const { seq } = target
  const one = `conversation = ${id} AND seq = ${seq}`
  switch (change.kind) {
    case 'recall': {
      const isCountable = (target.flags & flag.countable) !== 0
      const flags = flag.recalled | (isCountable ? flag.exceptional : 0)
      const gone = `m.content = NULL, m.ext = NULL, m.reactions = NULL, m.edited_at = NULL, m.as_of = ${by}`
      batch.add(`UPDATE ${t.message} m SET ${gone}, m.flags = m.flags | ${flags} WHERE ${one}`)
      if (target.editSeq !== null) {
        batch.add(
          `UPDATE ${t.edit} e FORCE INDEX (PRIMARY) STRAIGHT_JOIN ${t.message} m FORCE INDEX (PRIMARY)
              ON m.conversation = e.conversation AND m.seq = e.seq
            SET ${gone}, m.flags = m.flags | ${flag.recalled} WHERE e.conversation = ${id} AND e.target = ${seq}`,
        )
      }
      if (target.reactions !== null) batch.add(`DELETE FROM ${t.reaction} WHERE ${one}`)
      if (isCountable) uncount(batch, conversation, target)
      const nothing = { content: null, reactions: null, asOf: by, flags: target.flags | flags }
      batch.learnTarget(id, { ...target, ...nothing })
      return
    }
    case 'edit': {
      const { content } = change
      batch.add(
        `UPDATE ${t.message} SET content = ${sql.text(content)}, edited_at = ${sql.int(at)}, as_of = ${by}, edit_seq = ${by}
          WHERE ${one}`,
      )
      batch.add(`INSERT INTO ${t.edit} (conversation, target, seq) VALUES (${id}, ${seq}, ${by})`)
      batch.learnTarget(id, { ...target, content, asOf: by, editSeq: by })
      return
    }
    case 'reaction': {
      const { person } = batch.userRow(change.userId)
      const reactions = counted(target.reactions, change)
      const name = sql.bytes(change.reaction)
      batch.setReaction(id, seq, person, change.reaction, change.remove ? null : by)
      batch.add(
        change.remove
          ? `DELETE FROM ${t.reaction} WHERE ${one} AND person = ${person} AND reaction = ${name}`
          : `INSERT INTO ${t.reaction} (conversation, seq, person, reaction, control_seq)
              VALUES (${id}, ${seq}, ${person}, ${name}, ${by})`,
      )
      batch.add(`UPDATE ${t.message} SET reactions = ${sql.text(reactions)}, as_of = ${by} WHERE ${one}`)
      batch.learnTarget(id, { ...target, reactions, asOf: by })
    }
  }
}

/** A recalled message is unread for nobody. */
function uncount(batch: Batch, conversation: ConversationRow, { seq, sender }: TargetRow): void {
  const { sql } = batch
  const { t } = sql
  batch.add(
    `INSERT INTO ${t.exceptional} (conversation, seq, sender, recalled) VALUES
      (${conversation.id}, ${seq}, ${sql.int(sender)}, 1) ON DUPLICATE KEY UPDATE recalled = 1`,
  )
  batch.add(`DELETE FROM ${t.mention} WHERE conversation = ${conversation.id} AND seq = ${seq}`)
  conversation.lastExceptionalSeq = Math.max(conversation.lastExceptionalSeq, seq)
  batch.touch(conversation)
}
