// Removes what is too old: entries, messages, keys.
import type { UserId } from '@rookery/protocol'
import type { MaintenanceStep, Trimmed, TrimLimits } from '../ports/maintenance.js'
import type { StoredKey } from '../ports/storage.js'
import { indexAfter, type ConversationRow, type Tables, type UserRow } from './rows.js'
import { part, walk } from './walk.js'

export function trim(tables: Tables, limits: TrimLimits, step: MaintenanceStep): Trimmed {
  const removed = { entries: 0, messages: 0, keys: 0 }
  const count = (what: keyof typeof removed, some: number): number => {
    removed[what] += some
    return some
  }
  const done = walk(
    [
      part(tables.users, (row: UserRow, left) => count('entries', trimInbox(row, limits, left))),
      part(tables.conversations, (row: ConversationRow, left) => count('messages', trimTimeline(row, limits, left))),
      part(tables.users, ({ keys }: UserRow, left) => count('keys', trimKeys(keys, limits, left))),
      part(new Set([tables.systemKeys]), (keys, left) => count('keys', trimKeys(keys, limits, left))),
    ],
    step,
  )
  return { ...done, ...removed }
}

/** Leaves a hole, so that everything else keeps its index. */
const takeAt = (list: unknown[], place: number): boolean => Reflect.deleteProperty(list, place)

function trimInbox(row: UserRow, { inboxBefore }: TrimLimits, most: number): number {
  let taken = 0
  while (taken < most && (row.inbox[row.floor]?.at ?? Infinity) < (inboxBefore ?? -Infinity)) {
    takeAt(row.inbox, row.floor)
    row.floor += 1
    taken += 1
  }
  return taken
}

function trimTimeline(row: ConversationRow, limits: TrimLimits, most: number): number {
  const { timelineBefore, timelineCount } = limits
  const byCount = timelineCount === null ? 0 : row.messages.length - timelineCount
  let taken = 0
  for (; taken < most; taken += 1) {
    const message = row.messages[row.floor]
    if (message === undefined) break
    if (message.seq > byCount && message.serverTime >= (timelineBefore ?? -Infinity)) break
    row.floor = message.seq
    row.floorCount = message.ordinal
    takeAt(row.messages, message.seq - 1)
    row.edits.delete(message.seq)
    row.reactions.delete(message.seq)
  }
  if (taken > 0) forgetBelow(row)
  return taken
}

/** Removes sequences at or below the floor from the lists that correct the unread count. */
function forgetBelow(row: ConversationRow): void {
  for (const seqs of [row.mentioning, row.recalled, ...row.countableOf.values()])
    seqs.splice(0, indexAfter(seqs, row.floor))
  for (const [userId, seqs] of [...row.countableOf] as [UserId, unknown[]][])
    if (seqs.length === 0) row.countableOf.delete(userId)
}

function trimKeys(keys: Map<string, StoredKey>, { keysBefore }: TrimLimits, most: number): number {
  let taken = 0
  if (keysBefore === null) return taken
  for (const [name, { serverTime }] of keys) {
    if (taken === most) break
    if (serverTime >= keysBefore) continue
    keys.delete(name)
    taken += 1
  }
  return taken
}
