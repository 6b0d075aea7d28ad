// Checks members' positions: each is within the timeline and has the ordinal of its message. Unread counts follow from
// positions and from the messages' ordinals and marks, which are checked before. Nothing counts unread messages one by
// one, because the members of a large group may have very many.
import type { Dialect } from './dialect.js'
import type { Fix, Found, Unit } from './findings.js'

type Member = [
  conversation: number,
  user: number,
  conversationId: string,
  userId: string,
  side: 'a' | 'b' | 'g',
  readSeq: number,
  readOrdinal: number,
  deliveredSeq: number,
  lastSeq: number,
  countable: number,
  floorSeq: number,
  floorCount: number,
  ordinalThere: number | null,
]

/** `[conversation, user]` of the last one seen. */
export const memberUnit = (d: Dialect): Unit => {
  const { tables: t, person } = d
  const of = (column: string): string =>
    `CASE WHEN c.kind <> 'c2c' THEN mb.${column} WHEN c.user_a = mb.${person} THEN c.a_${column} ELSE c.b_${column} END`
  const delivered = d.deliveredOn === 'member' ? 'mb.delivered_seq' : of('delivered_seq')
  const sql = `SELECT v.conversation, v.person, v.conversation_id, u.user_id, v.side, v.read_seq, v.read_ordinal,
      v.delivered_seq, v.last_seq, v.countable, v.floor_seq, v.floor_count,
      (SELECT m.ordinal FROM ${t.message} m WHERE m.conversation = v.conversation AND m.seq = v.read_seq)
    FROM (SELECT mb.conversation, mb.${person} AS person, c.conversation_id, c.last_seq, c.countable, c.floor_seq,
        c.floor_count,
        CASE WHEN c.kind <> 'c2c' THEN 'g' WHEN c.user_a = mb.${person} THEN 'a' ELSE 'b' END AS side,
        ${of('read_seq')} AS read_seq, ${of('read_ordinal')} AS read_ordinal, ${delivered} AS delivered_seq
      FROM ${t.member} mb JOIN ${t.conversation} c ON c.id = mb.conversation
      WHERE mb.to_seq IS NULL AND (mb.conversation, mb.${person}) > (?, ?)
      ORDER BY mb.conversation, mb.${person} LIMIT ?) v
    JOIN ${t.user} u ON u.id = v.person ORDER BY v.conversation, v.person`
  return async (rows, [conversation, user], most) => {
    const members = await rows.all<Member>(sql, [conversation, user ?? 0, most])
    const found = members.flatMap((member) => check(d, member))
    const counters = new Set(members.filter((member) => check(d, member).length > 0).map(([id]) => id))
    const last = members.at(-1)
    const next = last !== undefined && members.length === most ? ([last[0], last[1]] as const) : null
    return { found, counters: [...counters], checked: members.length, next }
  }
}

function check(d: Dialect, member: Member): readonly Found[] {
  const [conversation, user, conversationId, userId, side, readSeq, readOrdinal, deliveredSeq, lastSeq] = member
  const [countable, floorSeq, floorCount, ordinalThere] = [member[9], member[10], member[11], member[12]]
  const id = `${conversationId} ${userId}`
  const { tables: t, person } = d
  const set = (column: string, value: number): Fix =>
    side === 'g' || (column === 'delivered_seq' && d.deliveredOn === 'member')
      ? [`UPDATE ${t.member} SET ${column} = ? WHERE conversation = ? AND ${person} = ?`, [value, conversation, user]]
      : [`UPDATE ${t.conversation} SET ${side}_${column} = ? WHERE id = ?`, [value, conversation]]
  const found: Found[] = []
  const wrong = (field: string, stored: number, computed: number, fixes: readonly Fix[]): void =>
    void found.push({ kind: 'member', id, field, stored, computed, fixes })

  if (deliveredSeq > lastSeq) wrong('deliveredSeq', deliveredSeq, lastSeq, [set('delivered_seq', lastSeq)])
  if (readSeq > lastSeq) {
    // A position beyond the head would make the next messages count as read.
    wrong('readSeq', readSeq, lastSeq, [set('read_seq', lastSeq), set('read_ordinal', countable)])
    return found
  }
  const isBelow = readSeq <= floorSeq
  const ordinal = isBelow ? Math.min(readOrdinal, floorCount) : readSeq === lastSeq ? countable : ordinalThere
  if (ordinal !== null && ordinal !== readOrdinal)
    wrong('readOrdinal', readOrdinal, ordinal, [set('read_ordinal', ordinal)])
  return found
}
