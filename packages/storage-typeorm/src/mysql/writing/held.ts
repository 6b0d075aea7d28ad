// Which rows somebody holds: those that are passed over when free ones are looked for. What it locks it lets go at once.
import type { Held, Rows } from '../../held-rows.js'
import { asText, pieces, type Sql } from '../sql.js'

type Ask = (statements: readonly string[]) => Promise<readonly (readonly (readonly unknown[])[])[]>
type Named = readonly [id: number, name: string]

export async function heldRows(sql: Sql, { conversations, users, whole }: Rows, ask: Ask): Promise<Held> {
  const { t } = sql
  const rows = async (statements: readonly string[]): Promise<readonly (readonly unknown[])[]> =>
    statements.length === 0 ? [] : (await ask(statements)).flat()
  const named = async (table: 'conversation' | 'user', names: readonly string[]): Promise<Named[]> =>
    (await rows(
      pieces(names).map(
        (some) => `SELECT id, ${asText(`${table}_id`)} FROM ${t[table]} WHERE ${table}_id IN ${sql.list(some)}`,
      ),
    )) as unknown as Named[]
  const groups = (await rows(
    pieces(whole).map(
      (some) => `SELECT m.person, ${asText('u.user_id')}, ${asText('c.conversation_id')} FROM ${t.conversation} c
        JOIN ${t.member} m ON m.conversation = c.id JOIN ${t.user} u ON u.id = m.person
        WHERE c.conversation_id IN ${sql.list(some)}`,
    ),
  )) as unknown as (readonly [...Named, string])[]
  const there = await named('conversation', conversations)
  const people = new Map([...(await named('user', users)), ...groups.map(([id, name]) => [id, name] as const)])
  const conversationIds = there.map(([id]) => id)
  const personIds = [...people.keys()]

  /** The keys of rows that are there and not free: their first column is theirs, or their user. */
  const held = async (table: string, columns: string, where: readonly string[]): Promise<Set<number>> => {
    const select = where.map((one) => `SELECT ${columns} FROM ${table} WHERE ${one}`)
    const key = (row: readonly unknown[]): string => row.join(' ')
    const free = new Set((await rows(select.map((one) => `${one} FOR UPDATE SKIP LOCKED`))).map(key))
    return new Set((await rows(select)).filter((row) => !free.has(key(row))).map((row) => row[0] as number))
  }
  const among = (column: string, ids: readonly number[]): string[] =>
    pieces(ids).map((some) => `${column} IN (${some.map((id) => sql.int(id)).join(', ')})`)
  const both = among('conversation', conversationIds).flatMap((one) =>
    among('person', personIds).map((other) => `${one} AND ${other}`),
  )
  const heldConversations = await held(t.conversation, 'id', among('id', conversationIds))
  const heldPeople = [
    ...(await held(t.user, 'id', among('id', personIds))),
    ...(await held(t.member, 'person, conversation', both)),
    ...(await held(t.device, `person, HEX(device_id)`, among('person', personIds))),
  ]
  const peopleHeld = new Set(heldPeople)
  return {
    conversations: there.flatMap(([id, name]) => (heldConversations.has(id) ? [name] : [])),
    users: [...peopleHeld].map((id) => people.get(id)!),
    whole: groups.flatMap(([id, , conversation]) => (peopleHeld.has(id) ? [conversation] : [])),
  }
}
