// Checks whether every number in memory agrees with the rows.
import type { UserId } from '@rookery/protocol'
import type { Finding, MaintenanceStep, Verified } from '../ports/maintenance.js'
import { indexAfter, type ConversationRow, type MemberRow, type Tables, type UserRow } from './rows.js'
import { part, walk } from './walk.js'

type Found = Omit<Finding, 'repaired'>
/** Takes a finding, with a function that repairs it if that is possible. */
type Tell = (found: Found, repair?: () => void) => void

export function verify(tables: Tables, step: MaintenanceStep & { readonly repair: boolean }): Verified {
  const findings: Finding[] = []
  let checked = 0
  const tell: Tell = (found, repair) => {
    const repaired = step.repair && repair !== undefined
    if (repaired) repair()
    findings.push({ ...found, repaired })
  }
  const counting = <Row>(check: (row: Row) => number) => {
    return (row: Row, left: number): number => {
      // A conversation or a user is never split between steps, however many rows it has.
      if (left <= 0) return 0
      const rows = check(row)
      checked += rows
      return Math.min(rows, left - 1)
    }
  }
  const done = walk(
    [
      part(
        tables.conversations,
        counting((row: ConversationRow) => conversation(row, tell)),
      ),
      part(
        new Map([...tables.users].map((user) => [user[0], user])),
        counting(([userId, row]: [UserId, UserRow]) => user(tables, userId, row, tell)),
      ),
    ],
    step,
  )
  return { ...done, checked, findings }
}

function conversation(row: ConversationRow, tell: Tell): number {
  const { conversationId: id, messages, floor } = row
  const counter = (field: 'countable' | 'lastCountable', name: string, computed: number): void => {
    if (row[field] !== computed)
      tell({ kind: 'conversation', id, field: name, stored: row[field], computed }, () => void (row[field] = computed))
  }
  let ordinal = row.floorCount
  let lastCountable = Math.min(row.lastCountable, floor)
  for (let seq = floor + 1; seq <= messages.length; seq += 1) {
    const message = messages[seq - 1]
    if (message === undefined) {
      tell({ kind: 'message', id: `${id} ${seq}`, field: 'missing', stored: 0, computed: 1 })
      continue
    }
    if (message.countable) [ordinal, lastCountable] = [ordinal + 1, seq]
    const computed = ordinal
    if (message.ordinal !== computed)
      tell(
        { kind: 'message', id: `${id} ${seq}`, field: 'ordinal', stored: message.ordinal, computed },
        () => void (messages[seq - 1] = Object.freeze({ ...message, ordinal: computed })),
      )
  }
  counter('countable', 'countable', ordinal)
  counter('lastCountable', 'lastCountableSeq', lastCountable)
  for (const [userId, member] of row.members) positions(row, userId, member, tell)
  return messages.length - floor + row.members.size
}

function positions(row: ConversationRow, userId: UserId, member: MemberRow, tell: Tell): void {
  const head = row.messages.length
  const id = `${row.conversationId} ${userId}`
  for (const field of ['readSeq', 'deliveredSeq'] as const) {
    if (member[field] <= head) continue
    tell({ kind: 'member', id, field, stored: member[field], computed: head }, () => void (member[field] = head))
  }
  const from = Math.max(member.readSeq, row.floor)
  const own = row.messages
    .slice(from)
    .flatMap((message) => (message.countable && message.from === userId ? [message] : []))
  const kept = own.filter(({ recalled }) => !recalled).map(({ seq }) => seq)
  const known = (row.countableOf.get(userId) ?? []).slice(indexAfter(row.countableOf.get(userId) ?? [], from))
  if (kept.length !== known.length)
    tell({ kind: 'member', id, field: 'unread', stored: known.length, computed: kept.length }, () => {
      const below = (row.countableOf.get(userId) ?? []).filter((seq) => seq <= from)
      row.countableOf.set(userId, [...below, ...kept])
    })
}

function user(tables: Tables, userId: UserId, row: UserRow, tell: Tell): number {
  const { inbox, floor } = row
  for (let seq = floor + 1; seq <= inbox.length; seq += 1) {
    const entry = inbox[seq - 1]
    const id = `${userId} ${seq}`
    if (entry === undefined) tell({ kind: 'entry', id, field: 'missing', stored: 0, computed: 1 })
    else if (entry.kind === 'message') {
      const to = tables.conversations.get(entry.conversationId)
      if (to !== undefined && (entry.conversationSeq <= to.floor || to.messages[entry.conversationSeq - 1])) continue
      tell({ kind: 'entry', id, field: 'message', stored: entry.conversationSeq, computed: null })
    }
  }
  for (const [deviceId, device] of row.devices) {
    if (device.deliveredTo <= inbox.length) continue
    tell(
      {
        kind: 'device',
        id: `${userId} ${deviceId}`,
        field: 'deliveredTo',
        stored: device.deliveredTo,
        computed: inbox.length,
      },
      () => {
        const deliveredFrom = Math.min(device.deliveredFrom, inbox.length)
        row.devices.set(deviceId, Object.freeze({ ...device, deliveredFrom, deliveredTo: inbox.length }))
      },
    )
  }
  for (const [name, registration] of row.push) {
    const { deviceId, pushedTo: stored } = registration
    if (stored <= inbox.length) continue
    const found = {
      kind: 'push',
      id: `${userId} ${deviceId}`,
      field: 'pushedTo',
      stored,
      computed: inbox.length,
    } as const
    tell(found, () => void row.push.set(name, Object.freeze({ ...registration, pushedTo: inbox.length })))
  }
  return inbox.length - floor + row.devices.size
}
