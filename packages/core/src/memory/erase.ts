// The data of one user: exports all of it, and erases what concerns nobody else.
import type { Seq, UserId } from '@rookery/protocol'
import type { StoredMessage } from '../model/message.js'
import type { Belonging, Erased, Exported, MaintenanceStep, OwnReaction } from '../ports/maintenance.js'
import { uncount } from './control.js'
import type { ConversationRow, Tables } from './rows.js'
import { part, walk } from './walk.js'

/** Whether a message holds something that the user wrote. Of the control messages only edits do. */
const holdsContent = ({ type }: StoredMessage): boolean => !type.startsWith('im.') || type === 'im.edit'

/** The conversations in which the user is or was a member. */
const conversationsOf = (tables: Tables, userId: UserId): Map<string, ConversationRow> =>
  new Map([...tables.conversations].filter(([, { members }]) => members.has(userId)))

export function exportUser(tables: Tables, userId: UserId, step: MaintenanceStep): Exported {
  const memberships: Belonging[] = []
  const messages: StoredMessage[] = []
  const reactions: OwnReaction[] = []
  const done = walk(
    [
      part(conversationsOf(tables, userId), (row: ConversationRow, left) => {
        if (left <= 0) return 0
        memberships.push(belongingOf(row, userId))
        const own = row.messages.filter(({ from }) => from === userId)
        messages.push(...own)
        reactions.push(...reactionsOf(row, userId))
        return Math.min(own.length, left - 1)
      }),
    ],
    step,
  )
  return { ...done, memberships, messages, reactions }
}

const reactionsOf = ({ conversationId, reactions }: ConversationRow, userId: UserId): OwnReaction[] =>
  [...reactions].flatMap(([seq, byReaction]) =>
    [...byReaction].flatMap(([reaction, users]) => (users.has(userId) ? [{ conversationId, seq, reaction }] : [])),
  )

function belongingOf({ conversationId, kind, subject, members }: ConversationRow, userId: UserId): Belonging {
  const { role, joinedAt, to, readSeq, pinned, muted } = members.get(userId)!
  return { conversationId, kind, subject, role, joinedAt, ended: to !== null, readSeq, pinned, muted }
}

export function eraseUser(tables: Tables, userId: UserId, step: MaintenanceStep): Erased {
  const erased = { messages: 0, keys: 0, entries: 0, devices: 0 }
  const user = tables.users.get(userId)
  const done = walk(
    [
      part(conversationsOf(tables, userId), (row: ConversationRow, left) => {
        if (left <= 0) return 0
        const count = eraseIn(row, userId)
        erased.messages += count
        return Math.min(count, left - 1)
      }),
    ],
    step,
  )
  if (done.next === null && user !== undefined) {
    erased.keys = user.keys.size
    erased.devices = user.devices.size
    erased.entries = user.inbox.length - user.floor
    for (const row of conversationsOf(tables, userId).values()) beginAnew(row, userId)
    user.keys.clear()
    user.devices.clear()
    user.push.clear()
    for (; user.floor < user.inbox.length; user.floor += 1) Reflect.deleteProperty(user.inbox, user.floor)
  }
  return { ...done, ...erased }
}

/** Hides everything earlier from a user who later has the same id. */
function beginAnew({ kind, members, messages }: ConversationRow, userId: UserId): void {
  const member = members.get(userId)!
  if (kind === 'c2c') member.from = member.readSeq = messages.length
  else if (member.to !== null) {
    member.from = member.to
    member.earlier = []
  }
}

/** Replaces the erased user where something must still be counted. No id has this form. */
const nobody = (userId: UserId): string => ` ${userId}`

function eraseIn(row: ConversationRow, userId: UserId): number {
  let count = 0
  const empty = (seq: Seq): void => {
    const message = row.messages[seq - 1]
    if (message === undefined || message.recalled) return
    const nothing = { content: null, ext: null, mentions: null, reactions: null, editedAt: null, clientTime: null }
    row.messages[seq - 1] = Object.freeze({ ...message, ...nothing, recalled: true })
    uncount(row, message)
    count += 1
  }
  for (const message of row.messages.filter((one) => one.from === userId && holdsContent(one))) {
    empty(message.seq)
    for (const edit of row.edits.get(message.seq) ?? []) empty(edit)
    row.reactions.delete(message.seq)
  }
  for (const byReaction of row.reactions.values())
    for (const users of byReaction.values()) {
      const seq = users.get(userId)
      if (seq !== undefined) users.set(nobody(userId), seq)
      users.delete(userId)
    }
  const member = row.members.get(userId)!
  member.pinned = member.muted = false
  member.hiddenAt = null
  return count
}
