// What push costs a message that is acknowledged: two nodes in memory, one with a provider and one without, in turns in this
// process. And how long a sweep over many registrations takes, of which few are due, on PostgreSQL.
import { createRookery, MemoryStorage, type PushProvider, type Rookery } from '@rookery/core'
import { TypeOrmStorage } from '@rookery/storage-typeorm'
import { FakeDevice } from '@rookery/testing'
import pg from 'pg'
import { makeDatabase } from './postgres.js'
import { progress } from './progress.js'
import { type Section, table } from './report.js'
import { median } from './stats.js'

interface PushTimes {
  readonly rounds: number
  /** Messages of each round and node. */
  readonly messages: number
  /** 0: no sweep. */
  readonly registrations: number
  readonly due: number
}

const PAIRS = 50
/** Messages of one pair on their way at once. */
const TOGETHER = 8
const TARGET_US = 1

const silent: PushProvider = { name: 'bench', send: async (batch) => batch.map(() => ({ status: 'sent' })) }

class Load {
  private readonly pairs: { readonly from: FakeDevice; readonly to: string }[] = []
  private sent = 0
  told = 0

  private constructor(private readonly rookery: Rookery) {}

  static async start(withPush: boolean): Promise<Load> {
    const rookery = createRookery({
      storage: new MemoryStorage(),
      authenticate: ({ token }) => ({ userId: token }),
      rate: 'off',
      ...(withPush ? { push: { providers: [silent] } } : {}),
    })
    await rookery.start()
    const load = new Load(rookery)
    for (let n = 0; n < PAIRS; n += 1) {
      load.pairs.push({ from: await load.connect(`a${n}`), to: `b${n}` })
      await load.connect(`b${n}`)
    }
    return load
  }

  private async connect(userId: string): Promise<FakeDevice> {
    const auth = { token: userId, deviceId: userId, deviceType: 'phone' }
    let device: FakeDevice | null = null
    const connected = await FakeDevice.connect(this.rookery.gate, auth, {
      onMisshapen: null,
      onEvent: ({ event, payload }) => {
        if (event !== 'entries' || device === null) return
        device.events.length = 0
        this.told += payload.entries.length
        device.tell('ack', { seq: payload.entries.at(-1).seq })
      },
    })
    device = connected
    return connected
  }

  /** @returns CPU of this process for each message, µs */
  async run(messages: number): Promise<number> {
    const before = process.cpuUsage()
    const each = Math.ceil(messages / PAIRS)
    await Promise.all(this.pairs.map((pair) => this.talk(pair, each)))
    const { user, system } = process.cpuUsage(before)
    return (user + system) / (each * PAIRS)
  }

  private async talk({ from, to }: Load['pairs'][number], count: number): Promise<void> {
    for (let left = count; left > 0; left -= TOGETHER)
      await Promise.all(
        Array.from({ length: Math.min(left, TOGETHER) }, () =>
          from.ask('c2c', { clientMsgId: `m${(this.sent += 1)}`, to, type: 'text', content: { text: 'hello' } }),
        ),
      )
  }

  stop(): Promise<void> {
    return this.rookery.stop()
  }
}

export async function runPush(times: PushTimes, hasPostgres: boolean, wrong: string[]): Promise<Section> {
  // Core's timers keep no process alive, and there is no socket here.
  const awake = setInterval(() => {}, 1000)
  progress(`push, ${times.rounds} rounds of ${times.messages} messages`)
  const [plain, pushing] = [await Load.start(false), await Load.start(true)]
  const rows: (readonly [without: number, withPush: number])[] = []
  for (const load of [plain, pushing]) await load.run(times.messages)
  for (let round = 0; round < times.rounds; round += 1) {
    // Each goes first in every other round.
    const [first, second] = round % 2 === 0 ? [plain, pushing] : [pushing, plain]
    const one = await first.run(times.messages)
    const other = await second.run(times.messages)
    rows.push(round % 2 === 0 ? [one, other] : [other, one])
  }
  await Promise.all([plain.stop(), pushing.stop()])
  if (plain.told !== pushing.told) wrong.push(`push: ${pushing.told} entries were given in place of ${plain.told}`)
  const moreUs = median(rows.map(([without, withPush]) => withPush - without))
  const text = [
    table([
      ['CPU for each message, µs', 'median'],
      ['without push', median(rows.map(([without]) => without)).toFixed(2)],
      ['with push: two users armed and cancelled', median(rows.map(([, withPush]) => withPush)).toFixed(2)],
      ['difference, median of the rounds', moreUs.toFixed(2)],
    ]),
    ...(hasPostgres && times.registrations > 0 ? [await sweep(times)] : []),
  ].join('\n')
  clearInterval(awake)
  return {
    title: `Push, in one process and in memory, ${times.rounds} rounds of ${times.messages} messages in turns`,
    text,
    verdicts: [
      {
        what: 'arming and cancelling, µs a message',
        ratio: moreUs,
        target: `≤ ${TARGET_US}`,
        met: moreUs <= TARGET_US,
      },
    ],
  }
}

async function sweep({ registrations, due }: PushTimes): Promise<string> {
  progress(`a sweep over ${registrations} registrations`)
  const { url, drop } = await makeDatabase()
  const storage = new TypeOrmStorage({ type: 'postgres', url })
  const client = new pg.Client({ connectionString: url })
  try {
    await storage.start()
    await client.connect()
    await client.query(
      `INSERT INTO im_user (user_id, head) SELECT 'user' || n, 7 FROM generate_series(1, ${registrations}) n`,
    )
    await client.query(
      `INSERT INTO im_push (person, device_id, provider, app, token, token_hash, pushed_to, created_at)
        SELECT id, 'phone', 'bench', '', 'token' || id, 'hash' || id,
          CASE WHEN id % ${Math.floor(registrations / due)} = 0 THEN 3 ELSE 7 END, 1 FROM im_user`,
    )
    await client.query('ANALYZE')
    const started = performance.now()
    const pagesMs: number[] = []
    let found = 0
    for (let after: string | null = null; ;) {
      const begun = performance.now()
      const page: Awaited<ReturnType<typeof storage.push.behind>> = await storage.push.behind(after, 1000)
      pagesMs.push(performance.now() - begun)
      found += page.userIds.length
      if (page.next === null) break
      after = page.next
    }
    const seconds = (performance.now() - started) / 1000
    const restsS = (pagesMs.length * 100) / 1000
    return `A sweep over ${registrations.toLocaleString('en')} registrations found ${found} users who are due: ${seconds.toFixed(1)} s in ${pagesMs.length} reads (median ${median(pagesMs).toFixed(1)} ms), and ${restsS.toFixed(0)} s of rests between them.`
  } finally {
    await client.end()
    await storage.stop()
    await drop()
  }
}
