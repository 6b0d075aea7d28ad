// What the storage keeps of devices, and what a device's acknowledgements tell the peers.
import type { DeviceOp, DeviceResult } from '@rookery/core'
import { acknowledge, type Acknowledgement } from '../../operations/acknowledge.js'
import { entryKind } from '../../rows/codes.js'
import type { Row } from '../link.js'
import { asText, type Sql } from '../sql.js'
import type { Batch } from './batch.js'
import type { UserRow } from './rows.js'

/** Entries of a user's inbox that a device acknowledges: those after `after`, up to `to`. */
export interface Range {
  readonly userId: string
  readonly after: number
  readonly to: number
}

/**
 * The c2c conversations to which the entries of a range point: each with its peer, the stored delivered position, and
 * the new one.
 */
export const rangeOf = (sql: Sql, { userId, after, to }: Range, place = 0): string => `
  SELECT ${place}, c.id, ${asText('c.conversation_id')}, ${asText('p.user_id')}, mb.delivered_seq, v.seq
  FROM (SELECT u.id AS person, i.conversation, MAX(i.conversation_seq) AS seq
    FROM ${sql.t.user} u
    STRAIGHT_JOIN ${sql.t.inbox} i FORCE INDEX (PRIMARY)
      ON i.person = u.id AND i.seq > ${sql.int(after)} AND i.seq <= ${sql.int(to)} AND i.kind = ${entryKind.message}
    WHERE u.user_id = ${sql.bytes(userId)} GROUP BY i.conversation ORDER BY NULL) v
  STRAIGHT_JOIN ${sql.t.conversation} c ON c.id = v.conversation AND c.kind = 'c2c'
  STRAIGHT_JOIN ${sql.t.member} mb ON mb.person = v.person AND mb.conversation = v.conversation
  STRAIGHT_JOIN ${sql.t.user} p ON p.id = IF(c.user_a = v.person, c.user_b, c.user_a)`

/** A range, and the rows read for it before the first operation. */
export interface LoadedRange extends Range {
  readonly rows: Row[]
}

export async function device(batch: Batch, op: DeviceOp, loaded: LoadedRange | undefined): Promise<DeviceResult> {
  const user = batch.userRow(op.userId)
  const known = batch.device(user.person, op.deviceId)
  const acknowledged = op.delivered && acknowledge(known, op.delivered, user.head)
  const delivered = acknowledged ? await raise(batch, user, acknowledged, loaded) : []
  const { from, to } = acknowledged?.range ?? known ?? { from: 0, to: 0 }
  const { deviceType } = op
  batch.setDevice(user.person, op.deviceId, { from, to, deviceType, seenAt: op.seenAt ?? known?.seenAt ?? null })
  return { status: 'ok', delivered }
}

/** Raises the user's delivered position in the c2c conversations that the entries in `(after, to]` point into. */
async function raise(
  batch: Batch,
  user: UserRow,
  { after, to }: Acknowledgement,
  loaded: LoadedRange | undefined,
): Promise<DeviceResult['delivered']> {
  if (after >= to) return []
  const isLoaded = loaded?.after === after && loaded.to >= to && !batch.hasPointer(user.person, after, to)
  const rows = isLoaded ? loaded.rows : await batch.ask(rangeOf(batch.sql, { userId: user.userId, after, to }))
  const rose: DeviceResult['delivered'][number][] = []
  for (const row of rows) {
    const [, id, conversationId, peerId, stood, seq] = row as [number, number, string, string, number, number]
    if (seq <= (batch.delivered(user.person, id) ?? stood)) continue
    batch.setDelivered(user.person, id, seq)
    rose.push({ conversationId, peerId, deliveredSeq: seq })
  }
  return rose
}
