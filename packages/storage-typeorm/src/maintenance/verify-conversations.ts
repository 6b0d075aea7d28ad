// Checks a conversation's counters and messages: sequences and ordinals have no gaps from the floor to the head;
// exceptional messages are marked; reactions are counted correctly.
import { flag } from '../rows/codes.js'
import type { Dialect, Rows } from './dialect.js'
import type { Fix, Found, Place, Seen, Unit } from './findings.js'

type Counters = [
  id: number,
  conversationId: string,
  kind: string,
  lastSeq: number,
  countable: number,
  lastCountableSeq: number,
  floorSeq: number,
  floorCount: number,
  members: number,
  userA: number | null,
  userB: number | null,
  createdAt: number,
  aReadSeq: number,
  bReadSeq: number,
]
type Message = [
  seq: number,
  ordinal: number,
  flags: number,
  sender: number | null,
  /** How far the sender has read, as a member of a group; null where it is not a member. */
  readSeq: number | null,
  isFound: number,
  reactions: string | null,
]

/**
 * `[id, the last sequence seen, its correct ordinal]` of one conversation; the sequence is -1 before its first message.
 */
export const conversationUnit =
  (d: Dialect): Unit =>
  async (rows, [id, seenSeq, seenOrdinal], most) => {
    const isNew = seenSeq === -1
    const [row] = await rows.all<Counters>(
      `SELECT id, conversation_id, kind, last_seq, countable, last_countable_seq, floor_seq, floor_count, members,
          user_a, user_b, created_at, a_read_seq, b_read_seq
        FROM ${d.tables.conversation} WHERE id ${isNew ? '>' : '='} ? ORDER BY id LIMIT 1`,
      [id],
    )
    if (row === undefined) return { found: [], counters: [], checked: 0, next: isNew ? null : [id, -1, 0] }
    const check = new Check(d, row)
    // Where the floor has moved past the last message seen, the walk goes on at the floor.
    const [floorSeq, floorCount] = [row[6], row[7]]
    const goesOn = !isNew && Number(seenSeq) >= floorSeq
    return check.page(
      rows,
      goesOn ? Number(seenSeq) : floorSeq,
      goesOn ? Number(seenOrdinal) : floorCount,
      !goesOn,
      most,
    )
  }

class Check {
  readonly #found: Found[] = []
  readonly #set: (field: string, value: number) => readonly [string, readonly number[]]

  constructor(
    private readonly d: Dialect,
    private readonly row: Counters,
  ) {
    this.#set = (field, value) => [`UPDATE ${d.tables.conversation} SET ${field} = ? WHERE id = ?`, [value, row[0]]]
  }

  async page(rows: Rows, after: number, ordinal: number, isFirst: boolean, most: number): Promise<Seen> {
    const [id, , , lastSeq, , , floorSeq] = this.row
    const t = this.d.tables
    const messages = await rows.all<Message>(
      `SELECT m.seq, m.ordinal, m.flags, m.sender, mb.read_seq, CASE WHEN ${this.d.isFound('m')} THEN 1 ELSE 0 END, m.reactions
        FROM (SELECT * FROM ${t.message} WHERE conversation = ? AND seq > ? ORDER BY seq LIMIT ?) m
        LEFT JOIN ${t.member} mb ON mb.${this.d.person} = m.sender AND mb.conversation = m.conversation AND mb.to_seq IS NULL
        ORDER BY m.seq`,
      [id, after, most],
    )
    const reacted = await this.#reactions(rows, after, messages.at(-1)?.[0] ?? after)
    if (isFirst) {
      ordinal = this.#floorCount(messages, ordinal)
      if (floorSeq > 0) await this.#belowFloor(rows, floorSeq)
    }
    let [seq, isWhole] = [after, true]
    for (const message of messages) {
      const [at, its, flags] = message
      const counts = flags & flag.countable
      if (at > seq + 1) {
        this.#missing(seq + 1, at - seq - 1)
        // Nothing is known of the missing messages, so this takes the stored ordinal for correct.
        ordinal = Math.max(ordinal, its - counts)
      }
      seq = at
      ordinal += counts
      this.#message(message, ordinal)
      this.#counted(at, message[6], reacted.get(at) ?? null)
    }
    const checked = messages.length
    if (messages.length === most) return this.#seen(checked, [id, seq, ordinal])
    if (seq < lastSeq) {
      this.#missing(seq + 1, lastSeq - seq)
      isWhole = false
    } else if (seq > lastSeq) this.#counter('lastSeq', 'last_seq', lastSeq, seq)
    await this.#ends(rows, seq, ordinal, isWhole)
    return this.#seen(checked, [id, -1, 0])
  }

  #seen(checked: number, next: Place): Seen {
    return { found: this.#found, counters: [this.row[0]], checked, next }
  }

  #counter(field: string, column: string, stored: number, computed: number): void {
    const fixes = [this.#set(column, computed)]
    this.#found.push({ kind: 'conversation', id: this.row[1], field, stored, computed, fixes })
  }

  /** Where most messages agree on another count below them, that count is correct. */
  #floorCount(messages: readonly Message[], stored: number): number {
    const bases = new Map<number, number>()
    let counted = 0
    for (const [, ordinal, flags] of messages) {
      counted += flags & flag.countable
      bases.set(ordinal - counted, (bases.get(ordinal - counted) ?? 0) + 1)
    }
    const [best] = [...bases].toSorted(([, a], [, b]) => b - a)
    const computed = this.row[6] === 0 ? 0 : best === undefined || best[1] * 2 <= messages.length ? stored : best[0]
    if (computed === stored || computed < 0) return stored
    this.#counter('floorCount', 'floor_count', stored, computed)
    return computed
  }

  /** Rows that are still there though the floor says that retention removed them. */
  async #belowFloor(rows: Rows, floor: number): Promise<void> {
    const t = this.d.tables
    const [row] = await rows.all<[number]>(
      `SELECT seq FROM ${t.message} WHERE conversation = ? AND seq <= ? ORDER BY seq LIMIT 1`,
      [this.row[0], floor],
    )
    if (row === undefined) return
    const span = { conversation: this.row[0], from: 0, to: floor }
    this.#found.push({
      kind: 'conversation',
      id: this.row[1],
      field: 'floorSeq',
      stored: floor,
      computed: row[0] - 1,
      fixes: [
        [this.d.detachKeys(span)],
        ...this.d.dropBeside(span.conversation, floor).map((sql) => [sql] as const),
        [`DELETE FROM ${t.message} WHERE conversation = ? AND seq <= ?`, [span.conversation, floor]],
      ],
    })
  }

  #missing(from: number, count: number): void {
    this.#found.push({ kind: 'message', id: `${this.row[1]} ${from}`, field: 'missing', stored: 0, computed: count })
  }

  #message([seq, stored, flags, sender, groupReadSeq, isFound]: Message, computed: number): void {
    const { message } = this.d.tables
    const id = `${this.row[1]} ${seq}`
    const set = (column: string, value: number): readonly Fix[] => [
      [`UPDATE ${message} SET ${column} = ? WHERE conversation = ? AND seq = ?`, [value, this.row[0], seq]],
    ]
    const again = this.d
      .markAgain({ conversation: this.row[0], from: seq - 1, to: seq })
      .map((statement) => [statement] as const)
    if (stored !== computed)
      this.#found.push({ kind: 'message', id, field: 'ordinal', stored, computed, fixes: set('ordinal', computed) })
    const readSeq = sender === null ? null : this.#readSeq(sender, groupReadSeq)
    // Unread messages are the countable ones after a position, without the reader's own and the recalled ones.
    const isException = (flags & flag.recalled) !== 0 || (readSeq !== null && readSeq < seq)
    const right = (flags & flag.countable) !== 0 && isException ? flags | flag.exceptional : flags
    if (flags !== right) {
      const fixes = [...set('flags', right), ...again]
      this.#found.push({ kind: 'message', id, field: 'flags', stored: flags, computed: right, fixes })
    } else if (isFound === 0)
      this.#found.push({ kind: 'message', id, field: 'marks', stored: 0, computed: 1, fixes: again })
  }

  /** How far a user has read; null where it is not a member. */
  #readSeq(user: number, groupReadSeq: number | null): number | null {
    const [kind, userA, userB, a, b] = [this.row[2], this.row[9], this.row[10], this.row[12], this.row[13]]
    if (kind !== 'c2c') return groupReadSeq
    return user === userA ? a : user === userB ? b : null
  }

  /** The counts of reactions to messages after `from`, up to `to`, in the form in which messages store them. */
  async #reactions(rows: Rows, from: number, to: number): Promise<ReadonlyMap<number, string>> {
    const { reaction } = this.d.tables
    const found = await rows.all<[seq: number, reaction: string, count: number]>(
      `SELECT seq, reaction, count(*) FROM ${reaction} WHERE conversation = ? AND seq > ? AND seq <= ?
        GROUP BY seq, reaction ORDER BY seq, min(control_seq)`,
      [this.row[0], from, to],
    )
    const counts = new Map<number, [string, number][]>()
    for (const [seq, name, count] of found) counts.set(seq, [...(counts.get(seq) ?? []), [name, count]])
    return new Map([...counts].map(([seq, some]) => [seq, JSON.stringify(Object.fromEntries(some))]))
  }

  #counted(seq: number, stored: string | null, computed: string | null): void {
    if (sameCounts(stored, computed)) return
    const set = `UPDATE ${this.d.tables.message} SET reactions = ? WHERE conversation = ? AND seq = ?`
    const fixes = [[set, [computed, this.row[0], seq]]] as const
    this.#found.push({ kind: 'message', id: `${this.row[1]} ${seq}`, field: 'reactions', stored, computed, fixes })
  }

  async #ends(rows: Rows, seq: number, ordinal: number, isWhole: boolean): Promise<void> {
    const [id, , kind, , countable, lastCountableSeq, floorSeq, , members] = this.row
    const t = this.d.tables
    // Where the last messages are missing, the counter may be correct, unless it is too low for the messages that are
    // there.
    if (countable !== ordinal && (isWhole || countable < ordinal))
      this.#counter('countable', 'countable', countable, ordinal)
    const [last] = await rows.all<[number | null]>(
      `SELECT seq FROM ${t.message} WHERE conversation = ? AND seq <= ? AND (flags & ${flag.countable}) <> 0
        ORDER BY seq DESC LIMIT 1`,
      [id, seq],
    )
    const lastKept = last?.[0] ?? null
    const isLastRight = lastKept === null ? lastCountableSeq <= floorSeq : lastCountableSeq === lastKept
    if (!isLastRight && isWhole)
      this.#counter('lastCountableSeq', 'last_countable_seq', lastCountableSeq, lastKept ?? floorSeq)
    for (const [field, column, table] of this.d.lastOf) {
      const [found] = await rows.all<[number, number | null]>(
        `SELECT c.${column}, (SELECT max(x.seq) FROM ${table} x WHERE x.conversation = c.id)
          FROM ${t.conversation} c WHERE c.id = ?`,
        [id],
      )
      const [stored, computed] = [found?.[0] ?? 0, found?.[1] ?? 0]
      if (stored < computed) this.#counter(field, column, stored, computed)
    }
    if (kind === 'c2g') {
      const [counted] = await rows.all<[number]>(
        `SELECT count(*) FROM ${t.member} WHERE conversation = ? AND to_seq IS NULL`,
        [id],
      )
      const there = counted?.[0] ?? 0
      if (there !== members) this.#counter('memberCount', 'members', members, there)
    } else await this.#sides(rows)
  }

  /** Both users of a c2c conversation are its members. */
  async #sides(rows: Rows): Promise<void> {
    const [id, conversationId, , , , , , , , userA, userB, createdAt] = this.row
    const { tables: t, person } = this.d
    const missing = await rows.all<[number, string]>(
      `SELECT u.id, u.user_id FROM ${t.user} u WHERE u.id IN (${userA ?? 0}, ${userB ?? 0}) AND NOT EXISTS (
        SELECT 1 FROM ${t.member} mb WHERE mb.${person} = u.id AND mb.conversation = ?)`,
      [id],
    )
    for (const [user, userId] of missing)
      this.#found.push({
        kind: 'member',
        id: `${conversationId} ${userId}`,
        field: 'missing',
        stored: 0,
        computed: 1,
        fixes: [
          [`INSERT INTO ${t.member} (${person}, conversation, joined_at) VALUES (?, ?, ?)`, [user, id, createdAt]],
        ],
      })
  }
}

/** Whether two counts are equal, in any order. */
function sameCounts(a: string | null, b: string | null): boolean {
  if (a === b) return true
  if (a === null || b === null) return false
  const sorted = (text: string): string =>
    JSON.stringify(Object.entries(JSON.parse(text) as object).toSorted(([x], [y]) => (x < y ? -1 : 1)))
  return sorted(a) === sorted(b)
}
