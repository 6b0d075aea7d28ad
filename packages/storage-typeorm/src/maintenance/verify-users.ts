// A user's inbox: without gaps from its floor to its head, each pointer to a message that is there or below the floor; and
// what devices acknowledged, within it.
import { entryKind } from '../rows/codes.js'
import type { Dialect, Rows } from './dialect.js'
import type { Found, Place, Seen, Unit } from './findings.js'

type User = [id: number, userId: string, head: number, floor: number]
type Entry = [
  seq: number,
  kind: number,
  conversationSeq: number | null,
  floorThere: number | null,
  isThere: number,
  isRight: number,
]

/** Of one user, begun or not: `[id, the last sequence seen or -1]`. */
export const userUnit =
  (d: Dialect): Unit =>
  async (rows, [id, seenSeq], most) => {
    const isNew = seenSeq === -1
    const [user] = await rows.all<User>(
      `SELECT id, user_id, head, floor FROM ${d.tables.user} WHERE id ${isNew ? '>' : '='} ? ORDER BY id LIMIT 1`,
      [id],
    )
    if (user === undefined) return { found: [], counters: [], checked: 0, next: isNew ? null : [id, -1] }
    return page(d, rows, user, isNew ? -1 : Number(seenSeq), most)
  }

async function page(d: Dialect, rows: Rows, user: User, seenSeq: number, most: number): Promise<Seen> {
  const [id, userId, head, floor] = user
  const { tables: t, person } = d
  const after = Math.max(seenSeq, floor)
  const entries = await rows.all<Entry>(
    `SELECT i.seq, i.kind, i.conversation_seq, c.floor_seq, CASE WHEN m.seq IS NULL THEN 0 ELSE 1 END,
        CASE WHEN ${d.pointsAt('i', 'm')} THEN 1 ELSE 0 END
      FROM (SELECT * FROM ${t.inbox} WHERE ${person} = ? AND seq > ? ORDER BY seq LIMIT ?) i
      LEFT JOIN ${t.conversation} c ON c.id = i.conversation
      LEFT JOIN ${t.message} m ON m.conversation = i.conversation AND m.seq = i.conversation_seq
      ORDER BY i.seq`,
    [id, after, most],
  )
  const found: Found[] = seenSeq === -1 ? await beginning(d, rows, user) : []
  const missing = (from: number, count: number): void =>
    void found.push({ kind: 'entry', id: `${userId} ${from}`, field: 'missing', stored: 0, computed: count })
  let seq = after
  for (const entry of entries) {
    if (entry[0] > seq + 1) missing(seq + 1, entry[0] - seq - 1)
    ;[seq] = entry
    if (entry[1] === entryKind.message) found.push(...pointer(d, user, entry))
  }
  const done = (next: Place): Seen => ({ found, counters: [id], checked: entries.length, next })
  if (entries.length === most) return done([id, seq])
  if (seq < head) missing(seq + 1, head - seq)
  else if (seq > head)
    found.push({
      kind: 'user',
      id: userId,
      field: 'head',
      stored: head,
      computed: seq,
      fixes: [[`UPDATE ${t.user} SET head = ? WHERE id = ?`, [seq, id]]],
    })
  found.push(...(await devices(d, rows, user, Math.max(head, seq))))
  return done([id, -1])
}

function pointer(d: Dialect, [id, userId]: User, [seq, , conversationSeq, floor, isThere, isRight]: Entry): Found[] {
  const at = { kind: 'entry', id: `${userId} ${seq}`, field: 'message' } as const
  if (isThere === 0) {
    const isTrimmed = floor !== null && conversationSeq !== null && conversationSeq <= floor
    return isTrimmed ? [] : [{ ...at, stored: conversationSeq, computed: null }]
  }
  if (isRight === 1) return []
  return [{ ...at, stored: null, computed: conversationSeq, fixes: d.pointAgain(id, seq).map((sql) => [sql] as const) }]
}

/** Entries that retention is said to have taken. */
async function beginning(d: Dialect, rows: Rows, [id, userId, , floor]: User): Promise<Found[]> {
  const { tables: t, person } = d
  const [row] = await rows.all<[number]>(
    `SELECT seq FROM ${t.inbox} WHERE ${person} = ? AND seq <= ? ORDER BY seq LIMIT 1`,
    [id, floor],
  )
  if (row === undefined) return []
  const fixes = [[`DELETE FROM ${t.inbox} WHERE ${person} = ? AND seq <= ?`, [id, floor]]] as const
  return [{ kind: 'user', id: userId, field: 'floor', stored: floor, computed: row[0] - 1, fixes }]
}

async function devices(d: Dialect, rows: Rows, [id, userId]: User, head: number): Promise<Found[]> {
  const { tables: t, person } = d
  const wrong = await rows.all<[string, number, number]>(
    `SELECT device_id, delivered_from, delivered_to FROM ${t.device}
      WHERE ${person} = ? AND (delivered_to > ? OR delivered_from > delivered_to)`,
    [id, head],
  )
  return wrong.map(([deviceId, from, to]) => {
    const computed = Math.min(to, head)
    const fix = `UPDATE ${t.device} SET delivered_to = ?, delivered_from = ? WHERE ${person} = ? AND device_id = ?`
    return {
      kind: 'device',
      id: `${userId} ${deviceId}`,
      field: from > to ? 'deliveredFrom' : 'deliveredTo',
      stored: from > to ? from : to,
      computed,
      fixes: [[fix, [computed, Math.min(from, computed), id, deviceId]]],
    }
  })
}
