// How the server runs each frequent statement under our session settings: without a sequential scan and without a sort.
import type { Storage } from '@rookery/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { operationsOf } from '../../testing/operations.js'
import { ask, connect, describeOnPostgres, freshDatabase, settingsFor, type Where } from '../../testing/postgres.js'
import { changeGroup, say } from '../../testing/scene.js'
import { tablesOf } from '../rows/tables.js'
import { TypeOrmStorage } from '../typeorm-storage.js'
import { functionsOf } from './migrations/functions.js'
import { queries, type QueryName } from './reading/queries.js'
import { sessionOf } from './session.js'
import { writingStatements } from './statements.js'
import { batchOf, quickBatchOf, type Batch } from './writing/batch.js'
import { Known } from './writing/known.js'

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly Plan[]
}

/** Every node of a plan, each with the table it reads. */
function* nodesOf(plan: Plan): Generator<string> {
  const isWhole = plan['Node Type'].startsWith('Index') && plan['Index Cond'] === undefined
  const what = isWhole ? `Whole ${plan['Node Type']}` : plan['Node Type']
  yield [what, plan['Relation Name']].filter((part) => part !== undefined).join(' on ')
  for (const child of plan.Plans ?? []) yield* nodesOf(child)
}

/** They put together what lies inside the intervals of one membership, which are few. */
const ofFewIntervals = ['seenAfter', 'seenBefore', 'seenAfterListed', 'seenBeforeListed']

const unwanted = /^(?:Whole|Seq Scan|Parallel Seq Scan|Sort|Incremental Sort|Hash Join|Merge Join)/

describeOnPostgres('plans on PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  let storage: Storage
  const settings = (where: Where) => settingsFor(where)
  beforeAll(async () => {
    database = await freshDatabase()
    storage = new TypeOrmStorage({ type: 'postgres', ...database.where })
    await storage.start()
  })
  afterAll(async () => {
    await storage.stop()
    await database.drop()
  })

  const fill = async (): Promise<void> => {
    for (let n = 0; n < 40; n += 1) {
      await storage.commit(
        Array.from({ length: 250 }, (_, m) => {
          const [from, to] = [`u${(n * 7 + m) % 500}`, `u${(n * 11 + m * 3 + 1) % 500}`]
          const conversationId = [from, to].toSorted().join('-')
          return { ...say(`fill${n}.${m}`, { from, to, conversationId }), members: [...new Set([from, to])] }
        }),
      )
    }
    await ask(database.where, 'ANALYZE')
  }

  const readPlans = async (): Promise<Record<string, string[]>> => {
    const client = await connect(database.where)
    try {
      await client.query(sessionOf(settings(database.where), 'read'))
      const plans: Record<string, string[]> = {}
      for (const [name, query] of Object.entries(queries)) {
        const types = query.types.length > 0 ? `(${query.types.join(', ')})` : ''
        await client.query(`PREPARE q_${name.toLowerCase()}${types} AS ${query.sql(tablesOf('im_'))}`)
        const values = query.types.length > 0 ? `(${query.types.map(() => 'NULL').join(', ')})` : ''
        const { rows } = await client.query(`EXPLAIN (FORMAT JSON) EXECUTE q_${name.toLowerCase()}${values}`)
        plans[name] = [...nodesOf((rows[0] as { 'QUERY PLAN': [{ Plan: Plan }] })['QUERY PLAN'][0].Plan)]
      }
      return plans
    } finally {
      await client.end()
    }
  }

  /** The plans of every statement inside our functions, by its beginning, as the server itself reports them. */
  const writePlans = async (state: string): Promise<Record<string, string[]>> => {
    const client = await connect(database.where)
    const plans: Record<string, string[]> = {}
    client.on('notice', ({ message = '' }) => {
      const json = /^duration: .* plan:\n([^]*)/.exec(message)?.[1]
      if (json === undefined) return
      const { 'Query Text': text, Plan: plan } = JSON.parse(json) as { 'Query Text': string; Plan: Plan }
      plans[text.replaceAll(/\s+/g, ' ').trim()] = [...nodesOf(plan)]
    })
    try {
      await client.query(sessionOf(settings(database.where), 'write'))
      await client.query(
        `LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;
         SET auto_explain.log_format = json; SET client_min_messages = log`,
      )
      const known = new Known()
      known.met(['u1', 'u2'])
      const { first, rest, push } = operationsOf(state)
      await storage.commit(first)
      const statements = writingStatements(tablesOf('im_'), functionsOf('im_'))
      const carryOut = async ({ steps }: Pick<Batch, 'steps'>): Promise<void> => {
        for (const { statement, values } of steps) await client.query(statements[statement] as string, [...values])
      }
      await carryOut(batchOf([...rest, ...push], known))
      const inIt = { conversationId: `known-${state}`, kind: 'c2g', from: 'u1', to: null } as const
      const made = changeGroup(`${state} made`, null, {
        name: 'g',
        join: [{ userId: 'u1', role: 'owner', reads: 'from-now' }],
      })
      await storage.commit([{ ...made, message: { ...made.message, ...inIt } }])
      await learn(known)
      await carryOut(quickBatchOf([{ ...say(`${state} known`, inIt), members: ['u1'] }], known)!)
      return plans
    } finally {
      await client.end()
    }
  }

  /** The numbers of everything there is. */
  const learn = async (known: Known): Promise<void> => {
    const all = async (sql: string): Promise<[string[], number[]]> => {
      const rows = await ask<{ name: string; id: string }>(database.where, sql)
      return [rows.map(({ name }) => name), rows.map(({ id }) => Number(id))]
    }
    known.metUsers(...(await all('SELECT user_id AS name, id FROM im_user')))
    known.metConversations(...(await all('SELECT conversation_id AS name, id FROM im_conversation')))
  }

  const found = (plans: Record<string, string[]>, except: readonly QueryName[] = []): string[] =>
    Object.entries(plans).flatMap(([name, nodes]) =>
      nodes
        .filter((node) => unwanted.test(node) && !(except.includes(name as QueryName) && node === 'Sort'))
        .map((node) => `${node}: ${name}`),
    )

  for (const state of ['empty', 'filled']) {
    it(`reads scan nothing and sort nothing, but for lists and the few intervals of a member, on ${state} tables`, async () => {
      if (state === 'filled') await fill()
      const plans = await readPlans()
      expect(Object.keys(plans)).toEqual(Object.keys(queries))
      expect(found(plans, ['list', 'followsAfter', 'memberOf', 'members', 'readers', ...ofFewIntervals])).toEqual([])
      expect(plans['inbox']?.filter((node) => node.startsWith('Index Scan'))).toContain('Index Scan on im_inbox')
    })

    it(`no statement of a commit scans or sorts, on ${state} tables`, async () => {
      const plans = await writePlans(state)
      expect(found(plans)).toEqual([])
      const texts = Object.keys(plans)
      for (const begin of [
        'SELECT array_agg(x.conversation_id)',
        'SELECT array_agg(x.user_id)',
        'SELECT array_agg(i), json_agg',
        'INSERT INTO im_message',
        'INSERT INTO im_key',
        'INSERT INTO im_inbox',
        'UPDATE im_conversation x',
        'WITH raised AS ( UPDATE im_conversation x',
        'WITH raised AS ( UPDATE im_user x',
        'WITH moved AS ( UPDATE im_member x',
        'UPDATE im_user x',
        'SELECT c.id, c.conversation_id, c.user_a = me',
        'UPDATE im_member SET pinned',
        'UPDATE im_member SET read_seq',
        'UPDATE im_member SET role',
        'WITH made AS',
        'WITH ended AS',
        'SELECT * FROM im_message WHERE',
        'UPDATE im_message SET content = NULL',
        'DELETE FROM im_reaction',
        'INSERT INTO im_follow',
        'DELETE FROM im_follow',
      ]) {
        expect(
          texts.some((text) => text.startsWith(begin)),
          begin,
        ).toBe(true)
      }
    })
  }

  it('a plan that scans is found by this test', async () => {
    const client = await connect(database.where)
    try {
      await client.query(sessionOf(settings(database.where), 'read'))
      const { rows } = await client.query('EXPLAIN (FORMAT JSON) SELECT * FROM im_message ORDER BY digest')
      const nodes = [...nodesOf((rows[0] as { 'QUERY PLAN': [{ Plan: Plan }] })['QUERY PLAN'][0].Plan)]
      expect(found({ bad: nodes })).toEqual(['Sort: bad', 'Seq Scan on im_message: bad'])
    } finally {
      await client.end()
    }
  })
})
