// Measures what a message costs on SQLite, with fsync, through the whole of TypeOrmStorage as a host uses it. Run after
// a build: `node packages/storage-typeorm/bench/sqlite.mjs [driver] [sorted|random]`, the latter being whether the
// senders' keys sort by time, as those of the client SDK do: random ones land on a page each. Every figure is the
// median of the rounds; the file is removed afterwards.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { TypeOrmStorage } from '../dist/index.js'

const [driver = 'libsql', keys = 'sorted'] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'rookery-bench-'))
const database = join(folder, 'bench.im.sqlite')
const pairs = 100
const rounds = 5
const content = JSON.stringify({ text: 'x'.repeat(88) })

let made = 0
function message(pair) {
  made += 1
  const [a, b] = [`user-${pair}-a`, `user-${pair}-b`]
  const [from, to] = Math.floor(made / pairs) % 2 === 0 ? [a, b] : [b, a]
  return {
    op: 'append',
    members: [a, b],
    movesPosition: true,
    message: {
      msgId: randomUUID(),
      clientMsgId: keys === 'random' ? randomUUID() : `${made.toString(16).padStart(12, '0')}${randomUUID().slice(12)}`,
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

const batch = (size) => Array.from({ length: size }, () => message(made % pairs))
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

/**
 * µs for each of `perRound` operations: elapsed time, and processor time of all threads. These are medians of the
 * rounds.
 */
async function measure(perRound, run) {
  const passed = []
  const spent = []
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage()
    const begun = performance.now()
    await run()
    passed.push(((performance.now() - begun) * 1000) / perRound)
    const { user, system } = process.cpuUsage(before)
    spent.push((user + system) / perRound)
  }
  return { us: median(passed), cpu: median(spent) }
}

const show = (what, { us, cpu }, of = 'message') =>
  console.log(
    `${what.padEnd(48)} ${us.toFixed(1).padStart(7)} µs a ${of}, ${String(Math.round(1e6 / us)).padStart(6)}/s, ` +
      `processor ${cpu.toFixed(1).padStart(6)} µs`,
  )

const storage = new TypeOrmStorage({ type: 'better-sqlite3', driver, database })
await storage.start()
for (let index = 0; index < 100; index += 1) await storage.commit(batch(500))

for (const [size, commits] of [
  [1, 500],
  [10, 200],
  [100, 60],
  [500, 20],
]) {
  const batches = Array.from({ length: commits * rounds }, () => batch(size))
  const us = await measure(size * commits, async () => {
    for (let index = 0; index < commits; index += 1) await storage.commit(batches.pop())
  })
  show(`commits of ${size}, one after another`, us)
  const further = Array.from({ length: commits * rounds }, () => batch(size))
  const ahead = await measure(size * commits, async () => {
    let last
    for (let index = 0; index < commits; index += 1) {
      const under = storage.commit(further.pop())
      await last
      last = under
    }
    await last
  })
  show(`commits of ${size}, the next one already waiting`, ahead)
}

const pages = 400
const page = await measure(pages, async () => {
  for (let index = 0; index < pages; index += 1) {
    const { entries } = await storage.timelines.inbox(`user-${index % pairs}-a`, 100 + index, 100)
    if (entries.length !== 100) throw new Error('a page is short')
  }
})
show('inbox pages of 100, one after another', page, 'page')
const eight = await measure(pages, async () => {
  for (let index = 0; index < pages; index += 8) {
    await Promise.all(
      Array.from({ length: 8 }, (_, of) => storage.timelines.inbox(`user-${(index + of) % pairs}-a`, 100 + index, 100)),
    )
  }
})
show('inbox pages of 100, eight at once', eight, 'page')
const history = await measure(pages, async () => {
  for (let index = 0; index < pages; index += 1) {
    const pair = index % pairs
    await storage.timelines.messages(`c2c:user-${pair}-a:user-${pair}-b`, { limit: 100 })
  }
})
show('history pages of 100, one after another', history, 'page')
const users = Array.from({ length: pairs }, (_, pair) => `user-${pair}-a`)
const heads = await measure(1000, async () => {
  for (let index = 0; index < 1000; index += 1) await storage.heads.users(users)
})
show('heads of 100 users, one after another', heads, 'read')
const access = await measure(2000, async () => {
  for (let index = 0; index < 2000; index += 1) {
    const pair = index % pairs
    await storage.members.access(`c2c:user-${pair}-a:user-${pair}-b`, `user-${pair}-a`)
  }
})
show('access, one after another', access, 'read')

await storage.stop()
const { size } = statSync(database)
console.log(`${made} messages, ${(size / made).toFixed(0)} bytes each with both inboxes, keys and indexes`)
rmSync(folder, { recursive: true, force: true })
