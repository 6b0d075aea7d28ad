// How the server runs each frequent statement, on tables large enough for the plan to matter: it uses an index, scans
// no table, and sorts nothing. The cost of a page depends on the page, not on what comes after it.
import type { AppendOp, Storage, StorageOp } from '@rookery/core'
import type mysql from 'mysql2/promise'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, connect, describeOnMysql, freshDatabase, settingsFor } from '../../testing/mysql.js'
import { operationsOf } from '../../testing/operations.js'
import { changeGroup, say } from '../../testing/scene.js'
import { Pool } from '../pool.js'
import type { ReadArgs, ReadName } from '../reads.js'
import { maintenanceOf } from '../maintenance/calls.js'
import { TypeOrmStorage } from '../typeorm-storage.js'
import { loadDriver, type Driver } from './driver.js'
import { Link } from './link.js'
import { MysqlMaintaining } from './maintaining.js'
import { queries } from './reading/queries.js'
import { Reader } from './reading/reader.js'
import { frameOf, sessionOf } from './session.js'
import { Sql } from './sql.js'
import { mysqlTablesOf } from './tables.js'
import { Writer } from './writing/writer.js'

const users = Array.from({ length: 500 }, (_, n) => `u${n}`)
const user = (n: number): string => users[n % users.length] as string

function between(from: string, to: string, key: string, message: Partial<AppendOp['message']> = {}): AppendOp {
  const conversationId = [from, to].toSorted().join('-')
  return { ...say(key, { from, to, conversationId, ...message }), members: [...new Set([from, to])] }
}

/** `u0` talks to 300 others, and at length to `u1`; `g0` holds everybody, 19 groups some. */
async function fill(storage: Storage): Promise<void> {
  const batch = (size: number, make: (at: number) => StorageOp) =>
    storage.commit(Array.from({ length: size }, (_, at) => make(at)))
  for (let n = 0; n < 20; n += 1)
    await batch(250, (m) => between(user(n * 7 + m), user(n * 11 + m * 3 + 1), `some ${n}.${m}`))
  for (let n = 0; n < 6; n += 1) {
    await batch(300, (m) => between('u0', user(m + 1), `many ${n}.${m}`, { mentions: m % 7 ? null : [user(m + 1)] }))
    await batch(500, (m) => between('u0', 'u1', `long ${n}.${m}`))
  }
  for (let g = 0; g < 20; g += 1) {
    const inIt = { conversationId: `g${g}`, kind: 'c2g', to: null, from: 'u0' } as const
    const members = g === 0 ? users : users.slice(g * 20 - 20, g * 20 + 20)
    const join = members.map((userId) => ({ userId, role: 'member' as const, reads: 'from-now' as const }))
    const made = changeGroup(`made ${g}`, null, { name: 'g', join })
    await storage.commit([{ ...made, message: { ...made.message, ...inIt } }])
    await batch(40, (m) => ({ ...say(`in ${g}.${m}`, { ...inIt, mentions: ['u5'] }), members: members.slice(0, 40) }))
  }
  await batch(300, (m) => ({
    op: 'device',
    userId: user(m),
    deviceId: `d${m}`,
    deviceType: 'phone',
    delivered: { from: 0, to: 2 },
  }))
}

interface Step {
  readonly select_type: string
  readonly table: string | null
  readonly type: string | null
  readonly Extra: string | null
}

/** What a step should not do. */
function wrongIn({ select_type: select, table, type, Extra }: Step): string[] {
  // The statement may scan rows that it was given, or that another part of it has found by an index.
  const isTable = table !== null && !table.startsWith('<') && !/^(?:INSERT|REPLACE)$/.test(select)
  const whole = isTable && (type === 'ALL' || type === 'index') ? [`${type} of ${table}`] : []
  return [...whole, ...['Using filesort', 'Using temporary'].filter((what) => Extra?.includes(what))]
}

const page = { limit: 10 }
const reads: { readonly [Name in ReadName]: readonly ReadArgs<Name>[] } = {
  inbox: [0, 2000].map((after) => ({ userId: 'u0', after, ...page })),
  messages: [
    ...[{}, { after: 1500 }, { before: 1500 }].map((range) => ({
      conversationId: 'u0-u1',
      range: { ...range, ...page },
    })),
    { conversationId: 'u0-u1', range: { before: 1500, reader: 'u1', ...page } },
  ],
  timeline: [{ userId: 'u0', conversationId: 'u0-u1', after: 1500, ...page }],
  entryAt: [{ userId: 'u0', seq: 1500 }],
  key: ['u0', null].map((from) => ({ from, clientMsgId: 'long 1.1' })),
  heads: [{ userIds: users.slice(0, 10) }],
  conversationHeads: [{ conversationIds: ['u0-u1', 'g0'] }],
  loginEpoch: [null],
  access: [
    { conversationId: 'u0-u1', userId: 'u0' },
    { conversationId: 'g0', userId: null },
  ],
  views: ['u0', 'u5'].map((userId) => ({ userId, conversationIds: [`u0-${userId}`, 'g0'] })),
  reactions: [{ userId: 'u0', messages: [{ conversationId: 'g0', seq: 4 }] }],
  group: [{ groupId: 'g0' }],
  memberships: [{ groupId: 'g0', userIds: ['u1', 'u2'] }],
  members: [{ groupId: 'g0', after: 'u3', ...page }],
  devices: [{ userIds: users.slice(0, 10) }],
  push: [{ userIds: users.slice(0, 10) }],
  pushBehind: [{ after: '5', limit: 10 }],
  sharing: [{ userId: 'u499', others: ['u1', 'u2'] }],
  // These are bounded by one user's memberships, or by one group's members.
  list: ['u0', 'u5'].map((userId) => ({ userId, after: null, ...page })),
  follows: [{ userId: 'u0' }],
  followsAfter: [{ userId: 'u0', after: 'g1', ...page }],
  owned: [{ userId: 'u0' }],
  memberOf: [{ userId: 'u0', after: 'g1', ...page }],
  roster: [{ groupId: 'g3' }],
  readers: [{ conversationId: 'g0', seq: 3, after: null, ...page }],
}
const bounded = new Set<ReadName>(['list', 'follows', 'followsAfter', 'memberOf', 'owned', 'roster', 'readers'])

describeOnMysql('plans on MySQL', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  let storage: Storage
  let explaining: mysql.Connection
  let sql: Sql
  let driver: Driver
  /** Statements since it was emptied. */
  let sent: string[] = []
  const pools: Pool<Link>[] = []
  beforeAll(async () => {
    database = await freshDatabase()
    storage = new TypeOrmStorage({ type: 'mysql', ...database.where })
    await storage.start()
    explaining = await connect(database.where)
    for (const statement of sessionOf(settingsFor(database.where), 'write')) await explaining.query(statement)
    const real = await loadDriver()
    driver = {
      escape: (text) => real.escape(text),
      createConnection(config) {
        const connection = real.createConnection(config)
        const query = connection.query.bind(connection)
        connection.query = (what, done) => {
          sent.push(...what.sql.split(';\n'))
          query(what, done)
        }
        return connection
      },
    }
    sql = new Sql(mysqlTablesOf('im_'), driver)
  })
  afterAll(async () => {
    for (const pool of pools) await pool.close()
    await explaining.end()
    await storage.stop()
    await database.drop()
  })

  const poolOf = (role: 'read' | 'write'): Pool<Link> => {
    const settings = settingsFor(database.where)
    const config = { connectTimeoutMs: 5000, packetBytes: 1 << 20, applicationName: 'plans' }
    const open = () => Link.open(driver, { ...config, address: settings.address, session: sessionOf(settings, role) })
    const pool = new Pool(open, 1)
    pools.push(pool)
    return pool
  }

  const wrongOf = async (statement: string): Promise<string[]> => {
    const [steps] = await explaining.query(`EXPLAIN ${statement}`)
    // The greatest place of each conversation in what a device acknowledges has to be gathered.
    const gathers = statement.includes('GROUP BY i.conversation')
    return (steps as Step[]).flatMap(wrongIn).filter((what) => !(gathers && what === 'Using temporary'))
  }
  const isPlanned = (statement: string): boolean => /^\s*\(?(?:SELECT|UPDATE|DELETE|INSERT|REPLACE)\b/.test(statement)
  const found = async (statements: readonly string[]): Promise<string[]> => {
    const wrong: string[] = []
    for (const statement of new Set(statements.filter(isPlanned)))
      for (const what of await wrongOf(statement)) wrong.push(`${what}: ${statement.replaceAll(/\s+/g, ' ').trim()}`)
    return wrong
  }

  for (const state of ['empty', 'filled']) {
    it(`no statement of a commit scans or sorts, on ${state} tables`, async () => {
      if (state === 'filled') {
        await fill(storage)
        const { follow: _, migrations: _also, ...tables } = sql.t
        await ask(database.where, `ANALYZE TABLE ${Object.values(tables).join(', ')}`)
      }
      const writer = new Writer(poolOf('write'), sql, {
        callTimeoutMs: 5000,
        frame: frameOf(settingsFor(database.where)),
        packetBytes: 1 << 20,
      })
      const { first, rest, push } = operationsOf(state)
      await writer.commit(first)
      sent = []
      const results = await writer.commit(rest)
      expect(results.filter(({ status }) => !/^(?:stored|ok|duplicate)$/.test(status))).toEqual([])
      await writer.commit(push)
      const statements = sent.map((statement) => statement.replaceAll(/\s+/g, ' ').trim())
      expect(await found(statements)).toEqual([])
      for (const begin of [
        'SELECT id, CONVERT(conversation_id USING utf8mb4), kind',
        'SELECT id, CONVERT(user_id USING utf8mb4), head FROM im_user FORCE INDEX (by_id)',
        'SELECT CONVERT(v.user_id USING utf8mb4), CONVERT(v.client_msg_id USING utf8mb4)',
        'SELECT d.person',
        'SELECT mb.person',
        '( SELECT 5, c.id',
        'INSERT INTO im_message',
        'INSERT INTO im_key',
        'INSERT INTO im_inbox',
        'REPLACE INTO im_member',
        'REPLACE INTO im_device',
        'DELETE FROM im_device',
        'REPLACE INTO im_push',
        'UPDATE im_push SET claim',
        'UPDATE im_push SET pushed_to',
        'DELETE FROM im_push',
        'UPDATE (SELECT',
        'UPDATE im_message SET content',
        'UPDATE im_message m SET m.content = NULL',
        'UPDATE im_edit e',
        'INSERT INTO im_reaction',
        'DELETE FROM im_reaction',
        'UPDATE im_member SET follows = 1',
        'UPDATE im_member SET to_seq',
      ]) {
        expect(
          statements.some((statement) => statement.startsWith(begin)),
          begin,
        ).toBe(true)
      }
    })
  }

  it('no read scans or sorts, but for the lists of the conversations of a user', async () => {
    expect(Object.keys(reads).toSorted()).toEqual(Object.keys(queries).toSorted())
    const reader = new Reader(poolOf('read'), sql, 5000)
    for (const [name, several] of Object.entries(reads)) {
      sent = []
      for (const args of several) await reader.read(name as ReadName, args as never)
      expect(sent.filter(isPlanned).length, name).toBeGreaterThanOrEqual(several.length)
      const wrong = await found(sent)
      if (['list', 'followsAfter', 'memberOf'].includes(name))
        expect(wrong.filter((what) => !what.startsWith('Using '))).toEqual([])
      else expect(wrong, name).toEqual([])
    }
  })

  it('a page costs what it holds, whatever lies behind it', async () => {
    const pool = poolOf('read')
    const reader = new Reader(pool, sql, 5000)
    const handled = async (): Promise<number> => {
      const [rows = []] = await pool.with(5000, (link) =>
        link.ask([`SHOW SESSION STATUS LIKE 'Handler\\_read\\_%'`], 5000),
      )
      return rows.reduce((sum, [, count]) => sum + Number(count), 0)
    }
    const counting = async (work: () => Promise<unknown>): Promise<number> => {
      const before = await handled()
      await work()
      return (await handled()) - before
    }
    const nothing = await counting(async () => {})
    for (const [name, several] of Object.entries(reads)) {
      if (bounded.has(name as ReadName)) continue
      for (const args of several) {
        const count = (await counting(() => reader.read(name as ReadName, args as never))) - nothing
        expect(count, `${name} ${JSON.stringify(args)}`).toBeLessThan(150)
        expect(count, name).toBeGreaterThan(0)
      }
    }
  })

  it('no statement of retention scans or sorts, so that it waits for nobody and nobody for it', async () => {
    const pool = poolOf('write')
    const settings = settingsFor(database.where)
    const maintenance = maintenanceOf(new MysqlMaintaining(pool, sql, frameOf(settings), 5000))
    sent = []
    const later = say('').message.serverTime + 1
    const limits = { inboxBefore: later, timelineBefore: null, timelineCount: 20, keysBefore: later }
    const removed = { entries: 0, messages: 0, keys: 0 }
    for (let after: string | null = null, step = 0; step < 40; step += 1) {
      const done = await maintenance.trim(limits, { after, rows: 200 })
      for (const name of ['entries', 'messages', 'keys'] as const) removed[name] += done[name]
      if (done.next === null) break
      // A few steps of each part.
      const [part] = JSON.parse(done.next) as [number]
      after = step % 10 === 9 ? JSON.stringify([part + 1, 0]) : done.next
    }
    expect(Object.values(removed).every((count) => count > 0)).toBe(true)
    const statements = sent.map((statement) => statement.replaceAll(/\s+/g, ' ').trim())
    expect(statements.some((statement) => statement.startsWith('DELETE FROM im_message'))).toBe(true)
    expect(
      statements.some((statement) => statement.startsWith('UPDATE im_message m') || /DELETE k FROM/.test(statement)),
    ).toBe(true)
    // The counter rows of a page are locked in the order that all writers keep.
    const locks = /^Using filesort: SELECT x.id FROM \(SELECT (?:user|conversation)_id FROM \w+ FORCE INDEX \(PRIMARY\)/
    expect((await found(statements)).filter((what) => !locks.test(what))).toEqual([])
  })

  it('a plan that scans, sorts or gathers is found by this test', async () => {
    expect(await found(['SELECT * FROM im_message ORDER BY digest'])).toEqual([
      'ALL of im_message: SELECT * FROM im_message ORDER BY digest',
      'Using filesort: SELECT * FROM im_message ORDER BY digest',
    ])
    expect(await found(['UPDATE im_user SET head = 0 WHERE floor = 7'])).toHaveLength(1)
    expect(await found(['SELECT sender, COUNT(*) FROM im_message GROUP BY sender'])).toHaveLength(3)
  })
})
