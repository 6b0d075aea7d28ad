// Finds the rows that another session holds: those that a read with SKIP LOCKED skips. It releases its own locks at
// once.
import type { Held, Rows } from '../../held-rows.js'
import type { Tables } from '../../rows/tables.js'
import { textArray } from '../arrays.js'
import type { Answer, Step } from '../link.js'

const [ofConversation, ofUser, ofWhole] = ['c', 'u', 'w']

export const heldStatement = (t: Tables): string => `
  WITH c AS MATERIALIZED (SELECT id, conversation_id FROM ${t.conversation} WHERE conversation_id = ANY ($1::text[])),
    w AS MATERIALIZED (SELECT o.conversation_id, m.person FROM ${t.conversation} o
      JOIN ${t.member} m ON m.conversation = o.id WHERE o.conversation_id = ANY ($3::text[])),
    u AS MATERIALIZED (SELECT id, user_id FROM ${t.user}
      WHERE user_id = ANY ($2::text[]) UNION SELECT id, user_id FROM ${t.user} WHERE id IN (SELECT person FROM w)),
    free_c AS MATERIALIZED (SELECT id FROM ${t.conversation} WHERE id IN (SELECT id FROM c)
      FOR NO KEY UPDATE SKIP LOCKED),
    free_u AS MATERIALIZED (SELECT id FROM ${t.user} WHERE id IN (SELECT id FROM u) FOR NO KEY UPDATE SKIP LOCKED),
    m AS MATERIALIZED (SELECT conversation, person FROM ${t.member}
      WHERE conversation IN (SELECT id FROM c) AND person IN (SELECT id FROM u)),
    free_m AS MATERIALIZED (SELECT conversation, person FROM ${t.member}
      WHERE conversation IN (SELECT id FROM c) AND person IN (SELECT id FROM u) FOR NO KEY UPDATE SKIP LOCKED),
    d AS MATERIALIZED (SELECT person, device_id FROM ${t.device} WHERE person IN (SELECT id FROM u)),
    free_d AS MATERIALIZED (SELECT person, device_id FROM ${t.device} WHERE person IN (SELECT id FROM u)
      FOR NO KEY UPDATE SKIP LOCKED),
    held AS MATERIALIZED (SELECT id, user_id FROM u WHERE id IN (
      SELECT id FROM u EXCEPT SELECT id FROM free_u
      UNION ALL SELECT person FROM (SELECT conversation, person FROM m EXCEPT SELECT conversation, person FROM free_m) x
      UNION ALL SELECT person FROM (SELECT person, device_id FROM d EXCEPT SELECT person, device_id FROM free_d) y))
  SELECT '${ofConversation}', conversation_id FROM c WHERE id NOT IN (SELECT id FROM free_c)
  UNION ALL SELECT '${ofUser}', user_id FROM held
  UNION ALL SELECT '${ofWhole}', conversation_id FROM w WHERE person IN (SELECT id FROM held)`

export const heldStep = ({ conversations, users, whole }: Rows): Step => ({
  statement: 'held',
  values: [textArray(conversations), textArray(users), textArray(whole)],
})

export function heldIn([rows = []]: Answer): Held {
  const named = (kind: string): string[] => rows.flatMap(([of, id]) => (of === kind ? [id as string] : []))
  return { conversations: named(ofConversation), users: named(ofUser), whole: named(ofWhole) }
}
