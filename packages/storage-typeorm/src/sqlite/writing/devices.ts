// What the storage keeps of devices, and what a device's acknowledgements tell the peers.
import type { DeviceOp, DeviceResult, ForgetDeviceOp } from '@rookery/core'
import { acknowledge, type Acknowledgement } from '../../operations/acknowledge.js'
import { entryKind } from '../../rows/codes.js'
import type { SqliteStatement } from '../driver.js'
import type { Batch } from './batch.js'
import { peerOf, sideOf, type UserCounters } from './counters.js'

/** How many entries one read takes when a device acknowledges many at once. */
const rangeMax = 1000

type DeviceTuple = [from: number, to: number, seenAt: number | null]

export class Devices {
  readonly #read: SqliteStatement
  readonly #write: SqliteStatement
  readonly #forget: SqliteStatement
  readonly #range: SqliteStatement

  constructor(private readonly batch: Batch) {
    const { db, tables: t } = batch
    this.#read = db
      .prepare(`SELECT delivered_from, delivered_to, seen_at FROM ${t.device} WHERE user = ? AND device_id = ?`)
      .raw()
    this.#write = db.prepare(
      `INSERT INTO ${t.device} (user, device_id, device_type, delivered_from, delivered_to, seen_at)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (user, device_id) DO UPDATE SET device_type = excluded.device_type,
          delivered_from = excluded.delivered_from, delivered_to = excluded.delivered_to, seen_at = excluded.seen_at`,
    )
    this.#forget = db.prepare(`DELETE FROM ${t.device} WHERE user = ? AND device_id = ?`)
    this.#range = db
      .prepare(
        `SELECT json_group_array(json_array(c.conversation_id, i.conversation_seq))
          FROM ${t.inbox} i CROSS JOIN ${t.conversation} c ON c.id = i.conversation
          WHERE i.user = ? AND i.seq > ? AND i.seq <= ? AND i.kind = ${entryKind.message}`,
      )
      .raw()
  }

  device(op: DeviceOp): DeviceResult {
    const user = this.batch.counters.userRow(op.userId)
    const row = this.#read.get([user.id, op.deviceId]) as DeviceTuple | undefined
    const known = row ? { from: row[0], to: row[1] } : null
    const acknowledged = op.delivered && acknowledge(known, op.delivered, user.head)
    const delivered = acknowledged ? this.#raise(user, acknowledged) : []
    const { from, to } = acknowledged?.range ?? known ?? { from: 0, to: 0 }
    this.#write.run([user.id, op.deviceId, op.deviceType, from, to, op.seenAt ?? row?.[2] ?? null])
    return { status: 'ok', delivered }
  }

  forget({ userId, deviceId }: ForgetDeviceOp): { readonly status: 'ok' } {
    const user = this.batch.counters.user(userId)
    if (user) this.#forget.run([user.id, deviceId])
    return { status: 'ok' }
  }

  /** Raises the user's delivered position in the c2c conversations that the entries in `(after, to]` point into. */
  #raise(user: UserCounters, { after, to }: Acknowledgement): DeviceResult['delivered'] {
    const { counters } = this.batch
    if (after >= to) return []
    this.batch.flush()
    const rose = new Map<string, DeviceResult['delivered'][number]>()
    for (let begin = after; begin < to; begin += rangeMax) {
      const [text] = this.#range.get([user.id, begin, Math.min(to, begin + rangeMax)]) as [string]
      const pointers = JSON.parse(text) as [string, number][]
      counters.load(
        pointers.map(([conversationId]) => conversationId),
        [],
      )
      for (const [conversationId, seq] of pointers) {
        const conversation = counters.conversation(conversationId)
        const side = conversation?.kind === 'c2c' ? sideOf(conversation, user.userId) : undefined
        if (!conversation || !side || seq <= side.deliveredSeq) continue
        side.deliveredSeq = seq
        counters.touch(conversation)
        rose.set(conversationId, { conversationId, peerId: peerOf(conversation, side).userId, deliveredSeq: seq })
      }
    }
    return [...rose.values()]
  }
}
