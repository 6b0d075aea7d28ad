// The command on each database, within this process and, as operators run it, in a separate process.
import { execFile, spawn } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Storage } from '@rookery/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as mysql from '../../testing/mysql.js'
import * as postgres from '../../testing/postgres.js'
import { changeGroup, chatFile, folder, peek, say } from '../../testing/scene.js'
import { main } from './main.js'
import { TypeOrmStorage, type TypeOrmStorageOptions } from '../typeorm-storage.js'

const command = fileURLToPath(new URL('../../bin/rookery.js', import.meta.url))

interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

type Run = (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Ran>

/** Runs the command to its end, with only the given environment. */
const rookery: Run = (args, env = {}) =>
  new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'] ?? '', ...env } }
    execFile(process.execPath, [command, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : ((error.code as unknown as number | undefined) ?? null), stdout, stderr }),
    )
  })

/** The same within this process, in a fraction of the time. */
const called: Run = async (args, env = {}) => {
  const told = { stdout: '', stderr: '' }
  const into = (name: keyof typeof told): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        told[name] += chunk.toString()
        done()
      },
    })
  const code = await main(args, { env, stdout: into('stdout'), stderr: into('stderr') })
  return { code, ...told }
}

/** A database that holds a little chat, and how the command and a look past our code come to it. */
interface Place {
  readonly url: string
  readonly options: TypeOrmStorageOptions
  /** Runs SQL without the storage. `person` means the column of a user's number. */
  damage(sql: string): Promise<void>
}

/** Six messages of alice to bob, who has read two and has a phone; alice owns a group of three. */
async function fill(storage: Storage): Promise<void> {
  for (let n = 1; n <= 6; n += 1) await storage.commit([say(`m${n}`, { content: `{"text":"words ${n}"}` })])
  const join = ['alice', 'bob', 'carol'].map((userId, at) => ({
    userId,
    role: at === 0 ? ('owner' as const) : ('member' as const),
    reads: 'from-now' as const,
  }))
  await storage.commit([
    { op: 'read', userId: 'bob', conversationId: 'alice-bob', seq: 2, at: 1 },
    { op: 'device', userId: 'bob', deviceId: 'phone', deviceType: 'phone', delivered: { from: 0, to: 4 } },
    changeGroup('g1', null, { name: 'all', join }),
  ])
}

async function filled(place: Place): Promise<Place> {
  const storage = new TypeOrmStorage(place.options)
  await storage.start()
  await fill(storage)
  await storage.stop()
  return place
}

function cases(make: () => Promise<Place>): void {
  const c2c = `conversation_id = 'alice-bob'`
  const damages = [
    `UPDATE im_conversation SET countable = 9 WHERE ${c2c}`,
    `UPDATE im_conversation SET b_read_ordinal = 5 WHERE ${c2c}`,
    `UPDATE im_conversation SET members = 7 WHERE conversation_id = 'group'`,
    `UPDATE im_user SET head = 1 WHERE user_id = 'bob'`,
    `DELETE FROM im_inbox WHERE seq = 3 AND person = (SELECT id FROM im_user WHERE user_id = 'alice')`,
  ]

  it('verify tells what is wrong, repairs it on request, and finds it no more', async () => {
    const place = await filled(await make())
    const verify = (...args: string[]): Promise<Ran> =>
      called(['verify', '--database', place.url, '--pause', '0', ...args])
    const sound = await verify()
    expect(sound).toMatchObject({ code: 0, stdout: '' })
    expect(sound.stderr).toMatch(/^verify: 25 %, [\d,]+ rows, 0 findings\n/)
    expect(sound.stderr).toMatch(/\nverify: [\d,]+ rows, nothing is wrong\n$/)

    for (const sql of damages) await place.damage(sql)
    const lines = [
      'conversation alice-bob: countable is 9, the rows say 6',
      'conversation group: memberCount is 7, the rows say 3',
      'member alice-bob bob: readOrdinal is 5, the rows say 2',
      'entry alice 3: 1 missing from there on',
      'user bob: head is 1, the rows say 7',
    ]
    const found = await verify('--rows', '2')
    expect(found.code).toBe(1)
    const told = found.stdout.trimEnd().split('\n')
    // While its conversation is wrong, a position at its end cannot be right.
    expect(told.filter((line) => !line.includes(' alice: readOrdinal')).toSorted()).toEqual(lines.toSorted())
    expect(found.stderr).toMatch(/verify: [\d,]+ rows, \d findings\n$/)

    const repaired = await verify('--repair')
    expect(repaired.code).toBe(1)
    expect(repaired.stdout.trimEnd().split('\n').toSorted()).toEqual(
      lines.map((line) => `${line} (${line.includes('missing') ? 'cannot be repaired' : 'repaired'})`).toSorted(),
    )
    expect(repaired.stderr).toMatch(/verify: [\d,]+ rows, 5 findings, 4 repaired\n$/)

    // What is gone stays told; the counters are right.
    const again = await verify('--json')
    expect(again.code).toBe(1)
    const record = { kind: 'entry', id: 'alice 3', field: 'missing', stored: 0, computed: 1, repaired: false }
    expect(JSON.parse(again.stdout)).toEqual(record)
    await place.damage(`UPDATE im_user SET floor = 3 WHERE user_id = 'alice'`)
    expect((await verify('--repair')).stdout).toBe('user alice: floor is 3, the rows say 0 (repaired)\n')
    expect(await verify()).toMatchObject({ code: 0, stdout: '' })
  })

  it('export gives everything of a user, a record on each line; erase takes it', async () => {
    const place = await filled(await make())
    const env = { DATABASE_URL: place.url }
    const exported = await called(['export', '--user', 'alice'], env)
    expect(exported).toMatchObject({ code: 0, stderr: 'export: 16 records\n' })
    const records = exported.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { record: string })
    const count = (kind: string): number => records.filter(({ record }) => record === kind).length
    expect(['user', 'device', 'membership', 'message', 'entry'].map(count)).toEqual([1, 0, 2, 7, 6])
    expect(exported.stdout).toContain('"text":"words 6"')

    const file = join(folder(), 'bob.jsonl')
    expect(await called(['export', '--user', 'bob', '--out', file], env)).toMatchObject({ code: 0, stdout: '' })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toMatch(/"record":"device","deviceId":"phone"/)
    const taken = await called(['export', '--user', 'bob', '--out', file], env)
    expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining(`${file} is there already`) })

    const erase = (...args: string[]): Promise<Ran> =>
      called(['erase', '--user', 'alice', '--pause', '0', ...args], env)
    expect(await erase()).toMatchObject({ code: 2, stderr: expect.stringContaining('Give --yes to do it') })
    expect(await erase('--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'alice owns group: give --owned-groups hand-over, or dissolve. Nothing was erased',
      ),
    })
    expect((await called(['export', '--user', 'alice'], env)).stdout).toBe(exported.stdout)

    const erased = await erase('--yes', '--owned-groups', 'hand-over')
    expect(erased).toMatchObject({ code: 0, stdout: '' })
    expect(erased.stderr).toMatch(
      /erase: of alice: 1 groups, 6 messages, \d+ keys, 8 entries, 0 devices\nWhat remains: /,
    )
    const left = await called(['export', '--user', 'alice'], env)
    expect(left.stdout).not.toContain('words')
    expect(left.stdout).not.toContain('"record":"entry"')
    expect((await called(['export', '--user', 'bob'], env)).stdout).toMatch(
      /"event":"role","by":null,"userIds":\["(bob|carol)"\]/,
    )
    expect(await called(['verify'], env)).toMatchObject({ code: 0, stdout: '' })
    expect((await called(['export', '--user', 'nobody'], env)).stderr).toContain('nothing is kept of nobody')
  })

  it('renew-epoch gives another epoch, and leaves everything as it is', async () => {
    const place = await filled(await make())
    const before = await startedEpoch(place.options)
    const { code, stderr } = await called(['renew-epoch', '--yes', '--database', place.url])
    const after = await startedEpoch(place.options)
    expect([code, stderr]).toEqual([0, `renew-epoch: the epoch is ${after}; nodes tell it from their next start on\n`])
    expect(after).not.toBe(before)
    expect((await called(['verify', '--database', place.url])).code).toBe(0)
  })

  it('refuses to work where the tables are missing; migrate makes them', async () => {
    const { url } = await make()
    const early = await called(['verify', '--database', url])
    expect([early.code, early.stdout]).toEqual([url.startsWith('sqlite:') ? 2 : 3, ''])
    expect(await called(['migrate', '--database', url])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('the tables are up to date'),
    })
    expect(await called(['verify', '--database', url])).toMatchObject({ code: 0 })
  })
}

const startedEpoch = async (options: TypeOrmStorageOptions): Promise<string> => {
  const storage = new TypeOrmStorage(options)
  const { epoch } = await storage.start()
  await storage.stop()
  return epoch
}

const sqlitePlace = (): Place => {
  const database = chatFile()
  return {
    url: `sqlite:${database}`,
    options: { type: 'better-sqlite3', database },
    damage: async (sql) => void peek(database, (db) => db.exec(sql.replaceAll('person', 'user'))),
  }
}

describe('the command on SQLite', () => {
  cases(async () => sqlitePlace())

  it('works in a process of its own', async () => {
    const place = await filled(sqlitePlace())
    await place.damage(`UPDATE im_user SET head = 1 WHERE user_id = 'bob'`)
    expect(await rookery(['verify', '--repair'], { DATABASE_URL: place.url })).toMatchObject({
      code: 1,
      stdout: 'user bob: head is 1, the rows say 7 (repaired)\n',
      stderr: expect.stringMatching(/verify: [\d,]+ rows, 1 findings, 1 repaired\n$/),
    })
    const exported = await rookery(['export', '--user', 'bob'], { DATABASE_URL: place.url })
    expect(exported).toEqual(await called(['export', '--user', 'bob'], { DATABASE_URL: place.url }))
  })

  it("finds chat's file beside the app's own", async () => {
    const place = await filled(sqlitePlace())
    const app = place.url.replace('.im.sqlite', '.sqlite')
    writeFileSync(app.replace('sqlite:', ''), '')
    const { stdout } = await called(['export', '--user', 'bob', '--database', app])
    expect(stdout).toContain('"deviceId":"phone"')
  })

  it("migrate makes the outbox in the app's own file, and chat's tables beside it", async () => {
    const place = sqlitePlace()
    const chat = place.url.replace('sqlite:', '')
    const app = chat.replace('.im.sqlite', '.sqlite')
    const tablesOf = (file: string): unknown => peek(file, (db) => db.prepare('SELECT name FROM sqlite_master').all([]))
    peek(app, (db) => db.exec('CREATE TABLE cars (id INTEGER PRIMARY KEY)'))
    expect(await called(['migrate', '--database', `sqlite:${app}`])).toMatchObject({ code: 0 })
    expect(JSON.stringify(tablesOf(app))).toMatch(/"cars".*"im_outbox"/)
    expect(JSON.stringify(tablesOf(app))).not.toContain('im_message')
    expect(JSON.stringify(tablesOf(chat))).toContain('"im_message"')
    expect(JSON.stringify(tablesOf(chat))).not.toContain('im_outbox')
    peek(app, (db) => db.exec('DROP TABLE im_outbox'))
    expect(await called(['migrate', '--database', place.url])).toMatchObject({ code: 0 })
    expect(JSON.stringify(tablesOf(app))).toContain('"im_outbox"')
  })

  it("migrate asks where the app's outbox stands that has no file beside chat's", async () => {
    const place = sqlitePlace()
    const told = await called(['migrate', '--database', place.url])
    expect(told).toMatchObject({ code: 0, stderr: expect.stringContaining('say where it stands: --app-database URL') })
    const app = join(folder(), 'other.sqlite')
    const chat = join(folder(), 'chat.sqlite')
    await called([
      'migrate',
      '--database',
      `sqlite:${chat}`,
      '--app-database',
      `sqlite:${join(folder(), 'app.sqlite')}`,
    ])
    expect(await called(['verify', '--database', `sqlite:${chat}`])).toMatchObject({ code: 0 })
    const named = await called(['migrate', '--database', place.url, '--app-database', `sqlite:${app}`])
    expect(named).toMatchObject({ code: 0, stderr: 'migrate: the tables are up to date\n' })
    expect(peek(app, (db) => db.prepare('SELECT id FROM im_outbox').all([]))).toEqual([])
  })

  it("lists the rows of the app's outbox that are parked, has them tried again and drops them", async () => {
    const app = join(folder(), 'app.sqlite')
    const here = ['--app-database', `sqlite:${app}`]
    const rows = () => peek(app, (db) => db.prepare('SELECT id, parked FROM im_outbox ORDER BY position').all([]))
    expect(await called(['parked', ...here])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no file'),
    })
    await called(['migrate', '--database', sqlitePlace().url, ...here])
    const insert = 'INSERT INTO im_outbox (id, request, put_at, parked) VALUES (?, ?, ?, ?)'
    expect(await called(['parked', ...here])).toMatchObject({ code: 0, stdout: '', stderr: 'parked: 0 rows\n' })
    peek(app, (db) => {
      for (let n = 0; n < 450; n += 1)
        db.prepare(insert).all([
          `row${n}`,
          '{"kind":"x"}',
          1_750_000_000_000,
          n % 2 === 0 ? 'NOT_FOUND: no such user' : null,
        ])
    })
    const listed = await called(['parked', ...here])
    expect(listed).toMatchObject({ code: 1, stderr: 'parked: 225 rows\n' })
    expect(listed.stdout.split('\n')[1]).toBe('row2  2025-06-15T15:06:40.000Z  NOT_FOUND: no such user')
    const json = await called(['parked', '--json', ...here])
    expect(JSON.parse(json.stdout.split('\n')[224]!)).toEqual({
      id: 'row448',
      request: '{"kind":"x"}',
      putAt: 1_750_000_000_000,
      reason: 'NOT_FOUND: no such user',
    })
    expect(await called(['parked', '--retry', 'row2,row3,none', ...here])).toMatchObject({
      code: 0,
      stderr: 'parked: 1 row given back to the app\n',
    })
    expect(rows()[2]).toMatchObject({ id: 'row2', parked: null })
    expect(await called(['parked', '--drop', 'row4', ...here])).toMatchObject({ code: 2 })
    expect(await called(['parked', '--drop', 'row4,row5', '--yes', ...here])).toMatchObject({ code: 0 })
    expect(rows().length).toBe(449)
    expect(await called(['parked', '--drop', 'all', '--retry', 'all', '--yes', ...here])).toMatchObject({ code: 2 })
    expect(await called(['parked', '--retry', "x' OR 1", ...here])).toMatchObject({ code: 2 })
    expect(await called(['parked', '--retry', 'all', ...here])).toMatchObject({ code: 0 })
    expect((await called(['parked', ...here])).code).toBe(0)
    expect(rows().length).toBe(449)
  })

  it('repairs beside an app that runs and goes on with the right numbers', async () => {
    const place = sqlitePlace()
    const storage = new TypeOrmStorage(place.options)
    await storage.start()
    onTestFinished(() => storage.stop())
    await fill(storage)
    await place.damage(`UPDATE im_conversation SET last_seq = 4, countable = 4 WHERE conversation_id = 'alice-bob'`)
    const args = ['verify', '--repair', '--database', place.url]
    expect(await rookery(args)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('lastSeq is 4, the rows say 6'),
    })
    expect(await storage.commit([say('after')])).toMatchObject([{ status: 'stored', seq: 7, ordinal: 7 }])
    expect(await rookery(args)).toMatchObject({ code: 0 })
  })

  it('stops where nobody reads its records any more', async () => {
    const place = sqlitePlace()
    const storage = new TypeOrmStorage(place.options)
    await storage.start()
    for (let n = 0; n < 40; n += 1)
      await storage.commit(
        Array.from({ length: 50 }, (_, i) => say(`m${n}-${i}`, { content: `{"text":"${'x'.repeat(2000)}"}` })),
      )
    await storage.stop()
    const child = spawn(process.execPath, [command, 'export', '--user', 'bob', '--database', place.url, '--pause', '0'])
    onTestFinished(() => void child.kill('SIGKILL'))
    child.stdout.once('data', () => child.stdout.destroy())
    const code = await new Promise((resolve) => child.once('exit', resolve))
    expect(code).toBe(0)
  })
})

const urlOf = (scheme: string, { username = '', password, host, port, database }: postgres.Where): string =>
  `${scheme}://${encodeURIComponent(username)}${typeof password === 'string' ? `:${encodeURIComponent(password)}` : ''}@${encodeURIComponent(host ?? '')}:${port}/${database}`

postgres.describeOnPostgres('the command on PostgreSQL', () =>
  cases(async () => {
    const { where, drop } = await postgres.freshDatabase()
    onTestFinished(drop)
    const options = { type: 'postgres', ...where } as const
    return { url: urlOf('postgres', where), options, damage: async (sql) => void (await postgres.ask(where, sql)) }
  }),
)

mysql.describeOnMysql('the command on MySQL and MariaDB', () =>
  cases(async () => {
    const { where, drop } = await mysql.freshDatabase()
    onTestFinished(drop)
    const options = { type: 'mysql', ...where } as const
    return {
      url: urlOf('mysql', where as postgres.Where),
      options,
      damage: async (sql) => void (await mysql.ask(where, sql)),
    }
  }),
)

describe('a call that cannot be meant', () => {
  const db = ['--database', 'postgres://me:secret@127.0.0.1:1/chat']
  it.each<[args: readonly string[], line: string]>([
    [[], 'rookery: say what to do'],
    [['verfy'], "rookery: 'verfy' is no command; there are verify, export, erase, migrate, parked, renew-epoch"],
    [['toString'], "rookery: 'toString' is no command"],
    [['verify', '--repare'], "rookery: verify: Unknown option '--repare'; it takes --database, "],
    [['verify', '--repair=yes', ...db], 'rookery: verify: Option'],
    [['verify', 'now', ...db], "rookery: verify: Unexpected argument 'now'"],
    [['verify', '--database'], 'rookery: verify: Option'],
    [['verify'], 'rookery: say which database: --database URL, or the environment variable DATABASE_URL'],
    [['verify', '--database', 'redis://me:secret@host'], 'rookery: --database must be sqlite:PATH, '],
    [['verify', '--database', 'me:secret@host'], 'rookery: --database must be sqlite:PATH, '],
    [['verify', '--database', 'sqlite::memory:'], 'has no place beside it'],
    [['verify', '--database', 'sqlite:no/such.sqlite'], 'rookery: there is no file no/such.sqlite'],
    [['verify', '--rows', '0', ...db], "rookery: --rows must be a whole number from 1, not '0'"],
    [['verify', '--pause', '-1', ...db], 'rookery: verify: Option'],
    [['verify', '--pause', '1.5', ...db], "rookery: --pause must be a whole number from 0, not '1.5'"],
    [['verify', '--driver', 'libsql', ...db], 'rookery: --driver is for SQLite alone'],
    [['verify', '--schema', 'a', '--database', 'mysql://a@b/c'], 'rookery: --schema is for PostgreSQL alone'],
    [['verify', '--table-prefix', 'a-', ...db], 'option tablePrefix must be up to 32 small letters'],
    [['verify', '--user', 'ann', ...db], "rookery: verify: Unknown option '--user'"],
    [['export', ...db], 'rookery: say whose data is meant: --user ID'],
    [['export', '--user', 'a b', ...db], 'rookery: --user must be the id of a user'],
    [['erase', '--user', 'ann', ...db], 'Give --yes to do it'],
    [['renew-epoch', ...db], 'Give --yes to do it'],
    [
      ['erase', '--user', 'ann', '--yes', '--owned-groups', 'keep', ...db],
      "--owned-groups must be refuse, hand-over, dissolve, not 'keep'",
    ],
  ])('%j is told so, and nothing is done', async (args, line) => {
    const { code, stdout, stderr } = await called(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(line)
    expect(stderr).toMatch(/^rookery: [^\n]+\nrookery --help tells more\.\n$/)
    expect(stderr).not.toContain('secret')
  })

  it('and ends the process with 2', async () => {
    expect(await rookery(['verify'])).toEqual({ ...(await called(['verify'])), code: 2 })
  })

  it('a database that is not there is a failure of one line', async () => {
    const { code, stdout, stderr } = await rookery(['verify', ...db])
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toMatch(/^rookery: the chat database cannot be opened: [^\n]+\n$/)
    expect(stderr).not.toContain('secret')
  })

  it('--help tells every command and option, and how it ends', async () => {
    const { code, stdout } = await rookery(['--help'])
    expect(code).toBe(0)
    for (const word of [
      'verify',
      'export',
      'erase',
      'migrate',
      'renew-epoch',
      '--repair',
      '--json',
      '--out',
      '--yes',
      '--owned-groups',
    ])
      expect(stdout).toContain(word)
    for (const word of [
      '--app-database',
      '--app-schema',
      '--database',
      '--table-prefix',
      '--schema',
      '--driver',
      '--rows',
      '--pause',
    ])
      expect(stdout).toContain(word)
    expect(await rookery(['erase', '-h'])).toEqual({ code: 0, stdout, stderr: '' })
  })
})
