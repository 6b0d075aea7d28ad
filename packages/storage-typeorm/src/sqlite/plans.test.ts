// Every statement that is prepared finds its rows by an index. Only the list of conversations sorts: what it sorts are
// one user's memberships.
import { describe, expect, it } from 'vitest'
import type { SqliteDatabase } from './driver.js'
import { openWriter } from './open.js'
import { Reader } from './reading/queries.js'
import { changeGroup, chatFile, say, settingsFor } from '../../testing/scene.js'
import { packOps } from './wire.js'
import { Writer } from './writing/writer.js'

async function statements(): Promise<{ db: SqliteDatabase; prepared: Set<string> }> {
  const { db } = await openWriter(settingsFor(chatFile()))
  const prepared = new Set<string>()
  const recording: SqliteDatabase = {
    prepare(sql) {
      prepared.add(sql)
      return db.prepare(sql)
    },
    exec: (sql) => db.exec(sql),
    close: () => db.close(),
    get inTransaction() {
      return db.inTransaction
    },
  }
  const writer = new Writer(recording, 'im_')
  const messages = Array.from({ length: 85 }, (_, n) =>
    say(`n${n}`, { conversationId: `c${n}`, ext: n % 2 === 0 ? '{}' : null }),
  )
  writer.commit(packOps(messages))
  // What is prepared for as many rows as there are.
  const join = ['alice', 'bob'].map((userId) => ({ userId, role: 'member' as const, reads: 'from-now' as const }))
  writer.commit(packOps([changeGroup('made', null, { join }), changeGroup('left', 1, { leave: ['bob'] })]))
  writer.commit(packOps([say('to all', { conversationId: 'group', kind: 'c2g', to: null })]))
  new Reader(recording, 'im_')
  return { db, prepared }
}

/** Statements whose rows only their own index finds. */
const byIndex: readonly (readonly [part: RegExp, index: string])[] = [
  [/UPDATE im_message .* WHERE conversation = \? AND target = \?/s, 'im_message_edits (conversation=? AND target=?)'],
  [/SELECT \* FROM im_member .* ORDER BY member_id/s, 'im_member_listed (conversation=? AND member_id>?)'],
  [/SELECT mb.member_id .* ORDER BY mb.member_id/s, 'im_member_listed (conversation=? AND member_id>?)'],
  [/mb.role = 2 AND mb.to_seq IS NULL\),/, 'im_member_owner (conversation=?)'],
  [/c.version\)\)\s+FROM im_user .*mb.follows = 1/s, 'im_member_follows (user=?)'],
  [/mb.from_seq\s+FROM im_user .*mb.follows = 1/s, 'im_member_follows (user=?)'],
]

const isPlanned = (sql: string): boolean => /^\s*(?:WITH|SELECT|UPDATE|DELETE|INSERT)/i.test(sql)
/** Rows that we gave ourselves, one aggregate's input, and one-row tables may be walked through. */
const isHarmless = (step: string): boolean =>
  /^SCAN (?:v|\d+ CONSTANT ROWS?|CONSTANT ROW|asked VIRTUAL TABLE.*|im_meta|page|\(subquery-\d+\)|i|m)$/.test(step)

const stepsOf = (db: SqliteDatabase, sql: string): string[] =>
  (db.prepare(`EXPLAIN QUERY PLAN ${sql}`).raw().all([]) as unknown[][]).map((row) => String(row[3]))

describe('the plan of every statement', () => {
  it('reads no table from end to end, and sorts nothing but lists of the conversations of a user', async () => {
    const { db, prepared } = await statements()
    const planned = [...prepared].filter(isPlanned)
    expect(planned.length).toBeGreaterThan(30)
    const wrong: string[] = []
    for (const sql of planned) {
      const steps = stepsOf(db, sql)
      for (const step of steps) {
        const isList = sql.includes('ORDER BY c.updated_at') || sql.includes('ORDER BY c.conversation_id')
        const sorts = step.includes('TEMP B-TREE') && !isList
        const builds = step.includes('AUTOMATIC')
        if (sorts || builds || (step.startsWith('SCAN') && !isHarmless(step))) wrong.push(`${step}\n${sql}`)
      }
    }
    expect(wrong).toEqual([])
  })
  it('finds what is rare among many by an index of its own', async () => {
    const { db, prepared } = await statements()
    for (const [part, index] of byIndex) {
      const sql = [...prepared].filter((one) => part.test(one))
      expect(sql, String(part)).toHaveLength(1)
      expect(stepsOf(db, sql[0]!).join('\n')).toContain(index)
    }
  })
})
