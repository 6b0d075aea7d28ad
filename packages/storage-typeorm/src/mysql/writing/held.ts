// Finds the rows that another session holds: those that a read with SKIP LOCKED skips. It releases its own locks at
// once.
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

  /** The rows that exist and are not free, each by its first column, which is its own number or its user's. */
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
