// Measures what a message costs on PostgreSQL: processor time of the server's backends and of this process, and elapsed
// time, with fsync. Run after a build: `node packages/storage-typeorm/bench/postgres.mjs`; the server is that of
// PGHOST, PGPORT and PGUSER (by default the server of this machine; only for that it reports the server's processor
// time). It makes its own database and removes it afterwards. Every figure is the median of the rounds.
import { readFileSync } from 'node:fs'
import { randomBytes, randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import pg from 'pg'
import { TypeOrmStorage } from '../dist/index.js'

const where = {
  host: process.env.PGHOST ?? '127.0.0.1',
  port: Number(process.env.PGPORT ?? 5432),
  username: process.env.PGUSER ?? userInfo().username,
}
const database = `rookery_bench_${randomBytes(4).toString('hex')}`
const conversations = 200
const rounds = 5
const content = JSON.stringify({ text: 'x'.repeat(88) })

let made = 0
function message(pair) {
  made += 1
  const [a, b] = [`user-${pair}-a`, `user-${pair}-b`]
  const [from, to] = Math.floor(made / conversations) % 2 === 0 ? [a, b] : [b, a]
  return {
    op: 'append',
    members: [a, b],
    movesPosition: true,
    message: {
      msgId: randomUUID(),
      clientMsgId: randomUUID(),
      conversationId: `c2c:${a}:${b}`,
      kind: 'c2c',
      from,
      to,
      subject: '',
      type: 'text',
      content,
      ext: null,
      replyTo: null,
      silent: false,
      mentions: null,
      viaServer: false,
      countable: true,
      clientTime: null,
      serverTime: Date.now(),
      digest: 'A'.repeat(43),
    },
  }
}

/** A group, filled in steps of 200, and a send to it. */
async function group(size, fanOut) {
  const conversationId = `group:${size}:${randomUUID()}`
  const members = Array.from({ length: size }, (_, n) => `member-${n}`)
  const said = (from, type) => {
    const to = { conversationId, kind: 'c2g', to: null }
    return { ...message(0).message, ...to, from, type, countable: type === 'text' }
  }
  let version = null
  for (let at = 0; at < size; at += 200) {
    const change = {
      ...(at === 0 ? { name: 'group', ...(fanOut === 'read' ? { fanOut } : {}) } : {}),
      join: members.slice(at, at + 200).map((userId) => ({ userId, role: 'member', reads: 'from-now' })),
    }
    const [made] = await storage.commit([
      { op: 'group', message: said(members[0], 'im.group'), version, members: [], change },
    ])
    version = made.version
  }
  const send = (from, to) => ({ op: 'append', message: said(from, 'text'), members: to, movesPosition: true, version })
  return { send, members }
}

const batch = (size, of = conversations) => Array.from({ length: size }, () => message(made % of))
const half = (size, first) => Array.from({ length: size }, () => message(first + (made % (conversations / 2))))
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

const admin = new pg.Client({ host: where.host, port: where.port, user: where.username, database: 'postgres' })
await admin.connect()

/** Processor time of this database's backends, in µs; 0 where the server is on another machine. */
async function serverUs() {
  const { rows } = await admin.query('SELECT pid FROM pg_stat_activity WHERE datname = $1', [database])
  let ns = 0
  for (const { pid } of rows) {
    try {
      ns += Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0])
    } catch {
      return 0
    }
  }
  return ns / 1000
}

async function measure(what, perRound, run, of = 'message') {
  const figures = []
  for (let round = 0; round < rounds; round += 1) {
    const server = await serverUs()
    const cpu = process.cpuUsage()
    const begun = performance.now()
    await run()
    const wall = (performance.now() - begun) * 1000
    const { user, system } = process.cpuUsage(cpu)
    figures.push([wall, (await serverUs()) - server, user + system].map((us) => us / perRound))
  }
  const [wall, server, node] = [0, 1, 2].map((at) =>
    median(figures.map((figure) => figure[at]))
      .toFixed(1)
      .padStart(8),
  )
  const rate = Math.round(1e6 / Number(wall))
    .toString()
    .padStart(8)
  console.log(`${what.padEnd(50)} ${wall} µs a ${of}, ${rate}/s; server ${server} µs, node ${node} µs`)
}

await admin.query(`CREATE DATABASE ${database}`)
const storage = new TypeOrmStorage({ type: 'postgres', ...where, database })
const { warnings } = await storage.start()
for (const warning of warnings) console.log(warning)
try {
  for (let index = 0; index < 40; index += 1) await storage.commit(batch(500))
  const own = new pg.Client({ host: where.host, port: where.port, user: where.username, database })
  await own.connect()
  await own.query('ANALYZE')
  await own.end()

  for (const [size, commits] of [
    [1, 1000],
    [10, 400],
    [100, 100],
    [500, 30],
  ]) {
    const batches = Array.from({ length: commits * rounds }, () => batch(size))
    await measure(`commits of ${size} over ${conversations} conversations`, size * commits, async () => {
      for (let index = 0; index < commits; index += 1) await storage.commit(batches.pop())
    })
  }
  for (const size of [100, 500]) {
    const commits = 5000 / size
    const batches = Array.from({ length: commits * rounds }, () => [half(size, 0), half(size, conversations / 2)])
    await measure(`two commits of ${size} at once, disjoint`, 2 * size * commits, async () => {
      const run = async (at) => {
        for (const pair of mine) await storage.commit(pair[at])
      }
      const mine = batches.splice(0, commits)
      await Promise.all([run(0), run(1)])
    })
  }
  const hot = Array.from({ length: 50 * rounds }, () => batch(100, 1))
  await measure('commits of 100 in one conversation', 5000, async () => {
    for (let index = 0; index < 50; index += 1) await storage.commit(hot.pop())
  })
  for (const [size, fanOut, of] of [
    [100, 'write', 32],
    [500, 'write', 32],
    [5, 'read', 32],
    [10_000, 'read', 32],
    [5, 'read', 1],
    [10_000, 'read', 1],
  ]) {
    const { send, members } = await group(size, fanOut)
    const commits = of === 1 ? 300 : fanOut === 'read' ? 50 : 4
    const told = fanOut === 'write' ? members : []
    await measure(`commits of ${of} in a group of ${size} fanned out on ${fanOut}`, of * commits, async () => {
      for (let index = 0; index < commits; index += 1) {
        await storage.commit(Array.from({ length: of }, (_, n) => send(members[n % members.length], told)))
      }
    })
  }
  const repeats = Array.from({ length: 50 * rounds }, () => batch(100))
  for (const ops of repeats) await storage.commit(ops.slice(0, 35))
  await measure('commits of 100, of which 35 are stored already', 5000, async () => {
    for (let index = 0; index < 50; index += 1) await storage.commit(repeats.pop())
  })
  const mixed = Array.from({ length: 20 * rounds }, (_, n) =>
    batch(100).flatMap((op, m) => {
      const [me] = op.members
      const at = 100 + n * 4 + (m % 4)
      return [op, { op: 'device', userId: me, deviceId: 'd', deviceType: 'phone', delivered: { from: at - 4, to: at } }]
    }),
  )
  await measure(
    'commits of 100 messages and 100 acknowledgements',
    4000,
    async () => {
      for (let index = 0; index < 20; index += 1) await storage.commit(mixed.pop())
    },
    'operation',
  )
  const read = Array.from({ length: 20 * rounds }, (_, n) =>
    batch(100).map((op) => ({
      op: 'read',
      userId: op.members[0],
      conversationId: op.message.conversationId,
      seq: 10 + n,
      at: 1,
    })),
  )
  await measure(
    'commits of 100 reads',
    2000,
    async () => {
      for (let index = 0; index < 20; index += 1) await storage.commit(read.pop())
    },
    'operation',
  )

  const user = (index) => `user-${index % conversations}-a`
  const id = (index) => `c2c:user-${index % conversations}-a:user-${index % conversations}-b`
  await measure(
    'inbox pages of 100, one after another',
    400,
    async () => {
      for (let index = 0; index < 400; index += 1) {
        const { entries } = await storage.timelines.inbox(user(index), 20, 100)
        if (entries.length !== 100) throw new Error('a page is short')
      }
    },
    'page',
  )
  await measure(
    'inbox pages of 100, eight at once',
    400,
    async () => {
      for (let index = 0; index < 400; index += 8)
        await Promise.all(Array.from({ length: 8 }, (_, of) => storage.timelines.inbox(user(index + of), 20, 100)))
    },
    'page',
  )
  await measure(
    'history pages of 100, one after another',
    400,
    async () => {
      for (let index = 0; index < 400; index += 1) await storage.timelines.messages(id(index), { limit: 100 })
    },
    'page',
  )
  const users = Array.from({ length: 100 }, (_, index) => user(index))
  await measure(
    'heads of 100 users',
    1000,
    async () => {
      for (let index = 0; index < 1000; index += 1) await storage.heads.users(users)
    },
    'read',
  )
  await measure(
    'access, one after another',
    1000,
    async () => {
      for (let index = 0; index < 1000; index += 1) await storage.members.access(id(index), user(index))
    },
    'read',
  )
  await measure(
    'access, a hundred at once',
    2000,
    async () => {
      for (let index = 0; index < 2000; index += 100)
        await Promise.all(
          Array.from({ length: 100 }, (_, of) => storage.members.access(id(index + of), user(index + of))),
        )
    },
    'read',
  )
} finally {
  await storage.stop()
  await admin.query(`DROP DATABASE ${database} WITH (FORCE)`)
  await admin.end()
}
