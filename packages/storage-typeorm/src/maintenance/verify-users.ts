// Checks a user's inbox: it has no gaps from its floor to its head, and each pointer leads to a stored message or to
// one below the floor. Also checks that devices acknowledged, and were told of, only entries of the inbox. Most inboxes are short, so a
// page holds those of many users.
import { entryKind } from '../rows/codes.js'
import type { Dialect, Rows } from './dialect.js'
import type { Found, Unit } from './findings.js'

type User = readonly [id: number, userId: string, head: number, floor: number]
type Entry = [
  user: number,
  seq: number,
  kind: number,
  conversationSeq: number | null,
  floorThere: number | null,
  isThere: number,
  isRight: number,
]

/** `[id, the last sequence seen]` of the current user. The sequence is -1 where the user is done. */
export const userUnit =
  (d: Dialect): Unit =>
  async (rows, [id, seenSeq], most) => {
    const { tables: t, person } = d
    const begun = Number(seenSeq)
    const users = await rows.all<[number, string, number, number]>(
      `SELECT id, user_id, head, floor FROM ${t.user} WHERE id ${begun === -1 ? '>' : '>='} ? ORDER BY id LIMIT ?`,
      [id, most],
    )
    const last = users.at(-1)
    if (last === undefined) return { found: [], counters: [], checked: 0, next: null }
    const from = begun === -1 ? [users[0]![0], 0] : [id, begun]
    const entries = await rows.all<Entry>(
      `SELECT i.${person}, i.seq, i.kind, i.conversation_seq, c.floor_seq, CASE WHEN m.seq IS NULL THEN 0 ELSE 1 END,
          CASE WHEN ${d.pointsAt('i', 'm')} THEN 1 ELSE 0 END
        FROM (SELECT * FROM ${t.inbox} WHERE (${person}, seq) > (?, ?) AND ${person} <= ? ORDER BY ${person}, seq LIMIT ?) i
        LEFT JOIN ${t.conversation} c ON c.id = i.conversation
        LEFT JOIN ${t.message} m ON m.conversation = i.conversation AND m.seq = i.conversation_seq
        ORDER BY i.${person}, i.seq`,
      [...from, last[0], most],
    )
    // Where the page is full, the next page goes on with the inbox of its last entry.
    const open = entries.length === most ? entries.at(-1)! : null
    const seen = users.filter(([user]) => open === null || user <= open[0])
    const byUser = new Map<number, Entry[]>(seen.map(([user]) => [user, []]))
    for (const entry of entries) byUser.get(entry[0])?.push(entry)
    const heads = new Map<number, number>()
    const found: Found[] = []
    const counters: number[] = []
    for (const user of seen) {
      const checked = new Inbox(d, user, begun !== -1 && user[0] === id ? begun : null)
      const wrong = checked.page(byUser.get(user[0]) ?? [], user[0] !== open?.[0])
      if (user[0] !== open?.[0]) heads.set(user[0], Math.max(user[2], checked.seq))
      found.push(...wrong)
      if (wrong.length > 0) counters.push(user[0])
    }
    const wrong = await devices(d, rows, users, heads)
    found.push(...wrong.found, ...(await pushes(d, rows, users, heads)))
    const next = open !== null ? ([open[0], open[1]] as const) : users.length === most ? ([last[0], -1] as const) : null
    const checked = Math.max(entries.length, seen.length)
    return { found, counters: [...new Set([...counters, ...wrong.users])], checked, next }
  }

/** One user's inbox, from its floor on, or from the end of the page before. */
class Inbox {
  seq: number
  readonly #found: Found[] = []

  constructor(
    private readonly d: Dialect,
    private readonly user: User,
    private readonly begun: number | null,
  ) {
    // The floor may have moved since.
    this.seq = Math.max(begun ?? 0, user[3])
  }

  /** @param isWhole whether the inbox ends with these entries */
  page(entries: readonly Entry[], isWhole: boolean): readonly Found[] {
    const [id, userId, head, floor] = this.user
    const { user } = this.d.tables
    const kept = entries.filter(([, seq]) => seq > floor)
    if (this.begun === null && kept.length < entries.length) this.#belowFloor(entries[0]![1])
    for (const entry of kept) {
      if (entry[1] > this.seq + 1) this.#missing(this.seq + 1, entry[1] - this.seq - 1)
      ;[, this.seq] = entry
      if (entry[2] === entryKind.message) this.#pointer(entry)
    }
    if (isWhole && this.seq < head) this.#missing(this.seq + 1, head - this.seq)
    else if (isWhole && this.seq > head) {
      const fixes = [[`UPDATE ${user} SET head = ? WHERE id = ?`, [this.seq, id]]] as const
      this.#found.push({ kind: 'user', id: userId, field: 'head', stored: head, computed: this.seq, fixes })
    }
    return this.#found
  }

  #missing(from: number, count: number): void {
    this.#found.push({ kind: 'entry', id: `${this.user[1]} ${from}`, field: 'missing', stored: 0, computed: count })
  }

  #pointer([, seq, , conversationSeq, floor, isThere, isRight]: Entry): void {
    const at = { kind: 'entry', id: `${this.user[1]} ${seq}`, field: 'message' } as const
    if (isThere === 0) {
      const isTrimmed = floor !== null && conversationSeq !== null && conversationSeq <= floor
      if (!isTrimmed) this.#found.push({ ...at, stored: conversationSeq, computed: null })
      return
    }
    if (isRight === 1) return
    const fixes = this.d.pointAgain(this.user[0], seq).map((sql) => [sql] as const)
    this.#found.push({ ...at, stored: null, computed: conversationSeq, fixes })
  }

  /** Entries that are still there though the floor says that retention removed them. */
  #belowFloor(first: number): void {
    const [id, userId, , floor] = this.user
    const { tables: t, person } = this.d
    const fixes = [[`DELETE FROM ${t.inbox} WHERE ${person} = ? AND seq <= ?`, [id, floor]]] as const
    this.#found.push({ kind: 'user', id: userId, field: 'floor', stored: floor, computed: first - 1, fixes })
  }
}

/** @param heads of users whose whole inbox was seen */
async function devices(
  d: Dialect,
  rows: Rows,
  users: readonly User[],
  heads: ReadonlyMap<number, number>,
): Promise<{ readonly found: readonly Found[]; readonly users: readonly number[] }> {
  const { tables: t, person } = d
  const ids = [...heads.keys()]
  if (ids.length === 0) return { found: [], users: [] }
  const rowsThere = await rows.all<[number, string, number, number]>(
    `SELECT v.${person}, v.device_id, v.delivered_from, v.delivered_to
      FROM ${t.device} v JOIN ${t.user} u ON u.id = v.${person}
      WHERE v.${person} >= ? AND v.${person} <= ? AND (v.delivered_to > u.head OR v.delivered_from > v.delivered_to)`,
    [ids[0]!, ids.at(-1)!],
  )
  const wrong = rowsThere.filter(([user, , from, to]) => to > heads.get(user)! || from > to)
  const names = new Map(users.map(([id, userId]) => [id, userId]))
  const fix = `UPDATE ${t.device} SET delivered_to = ?, delivered_from = ? WHERE ${person} = ? AND device_id = ?`
  const found = wrong.map(([user, deviceId, from, to]) => {
    const computed = Math.min(to, heads.get(user)!)
    return {
      kind: 'device' as const,
      id: `${names.get(user)} ${deviceId}`,
      field: from > to ? 'deliveredFrom' : 'deliveredTo',
      stored: from > to ? from : to,
      computed,
      fixes: [[fix, [computed, Math.min(from, computed), user, deviceId]]] as const,
    }
  })
  return { found, users: wrong.map(([user]) => user) }
}

/** @param heads of users whose whole inbox was seen */
async function pushes(
  d: Dialect,
  rows: Rows,
  users: readonly User[],
  heads: ReadonlyMap<number, number>,
): Promise<readonly Found[]> {
  const { tables: t, person } = d
  const ids = [...heads.keys()]
  if (ids.length === 0) return []
  const ahead = await rows.all<[number, string, string, string, number]>(
    `SELECT p.${person}, p.device_id, p.provider, p.app, p.pushed_to
      FROM ${t.push} p JOIN ${t.user} u ON u.id = p.${person}
      WHERE p.${person} >= ? AND p.${person} <= ? AND p.pushed_to > u.head`,
    [ids[0]!, ids.at(-1)!],
  )
  const names = new Map(users.map(([id, userId]) => [id, userId]))
  const fix = `UPDATE ${t.push} SET pushed_to = ? WHERE ${person} = ? AND device_id = ? AND provider = ? AND app = ?`
  return ahead
    .filter(([user, , , , pushedTo]) => pushedTo > heads.get(user)!)
    .map(([user, deviceId, provider, app, stored]) => ({
      kind: 'push' as const,
      id: `${names.get(user)} ${deviceId}`,
      field: 'pushedTo',
      stored,
      computed: heads.get(user)!,
      fixes: [[fix, [heads.get(user)!, user, deviceId, provider, app]]] as const,
    }))
}
