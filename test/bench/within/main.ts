// What `within` adds to a host's transaction: the same insert with and without a message beside it, in turns, on
// PostgreSQL. Prints transactions a second of each, and the median of the rounds' ratios; and how a transaction that
// stays open affects the chat of all others.
import { setTimeout as sleep } from 'node:timers/promises'
import { createRookery, type Rookery } from '@rookery/core'
import { TypeOrmOutbox, TypeOrmStorage } from '@rookery/storage-typeorm'
import { DataSource, EntitySchema, type EntityManager } from 'typeorm'
import { makeDatabase, postgresIsMissing } from '../postgres.js'
import { median, percentile } from '../stats.js'

const Order = new EntitySchema<{ id?: number; what: string }>({
  name: 'order_of_the_host',
  columns: { id: { type: Number, primary: true, generated: true }, what: { type: String } },
})

const rounds = 5
const transactions = 400
const atOnce = 20
const heldMs = 5000

async function perSecond(host: DataSource, work: (tx: EntityManager, n: number) => Promise<void>): Promise<number> {
  let next = 0
  const startedAt = performance.now()
  const worker = async (): Promise<void> => {
    while (next < transactions) {
      const n = next++
      await host.transaction((tx) => work(tx, n))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return (transactions * 1000) / (performance.now() - startedAt)
}

const insert = async (tx: EntityManager, n: number): Promise<void> => {
  await tx.getRepository(Order).save({ what: `order ${n}` })
}

/** Acknowledgement times of chat between two users while `meanwhile` goes on, in ms, ascending. */
async function chatWhile(rookery: Rookery, meanwhile: Promise<unknown>): Promise<number[]> {
  let goesOn = true
  void meanwhile.then(() => (goesOn = false))
  const timesMs: number[] = []
  while (goesOn) {
    const startedAt = performance.now()
    await rookery.im.sendC2C({ from: 'ann', to: 'bob', type: 'text', content: { text: 'meanwhile' } })
    timesMs.push(performance.now() - startedAt)
  }
  return timesMs.sort((a, b) => a - b)
}

async function measure(host: DataSource, rookery: Rookery): Promise<void> {
  const plain: number[] = []
  const within: number[] = []
  for (let round = 1; round <= rounds; round++) {
    plain.push(await perSecond(host, insert))
    within.push(
      await perSecond(host, async (tx, n) => {
        await insert(tx, n)
        await rookery.im.within(tx).sendC2C({ from: 'ann', to: 'bob', type: 'order', content: { n } })
      }),
    )
    console.error(
      `round ${round} of ${rounds}: ${plain.at(-1)!.toFixed(0)}/s plain, ${within.at(-1)!.toFixed(0)}/s within`,
    )
  }
  const ratios = within.map((value, i) => value / plain[i]!)
  console.log(
    `host transactions, ${atOnce} at once: ${median(plain).toFixed(0)}/s plain, ${median(within).toFixed(0)}/s with a message within`,
  )
  console.log(`median ratio ${median(ratios).toFixed(2)}`)

  const idle = await chatWhile(rookery, sleep(heldMs))
  const held = await chatWhile(
    rookery,
    host.transaction(async (tx) => {
      await rookery.im.within(tx).sendC2C({ from: 'ann', to: 'bob', type: 'order', content: { held: true } })
      await sleep(heldMs)
    }),
  )
  const line = (times: readonly number[]): string =>
    `${times.length} messages, p50 ${percentile(times, 0.5).toFixed(2)} ms, p99 ${percentile(times, 0.99).toFixed(2)} ms`
  console.log(`chat between the same two for ${heldMs} ms: ${line(idle)}`)
  console.log(`while a host transaction with a message to them is held open: ${line(held)}`)
}

const missing = await postgresIsMissing()
if (missing === null) {
  const database = await makeDatabase()
  const host = await new DataSource({
    type: 'postgres',
    url: database.url,
    poolSize: atOnce,
    entities: [Order],
    synchronize: true,
  }).initialize()
  const rookery = createRookery({
    storage: new TypeOrmStorage({ type: 'postgres', url: database.url }),
    outbox: new TypeOrmOutbox(() => host),
    authenticate: ({ token }) => ({ userId: token }),
  })
  await rookery.start()
  await rookery.im.sendC2C({ from: 'ann', to: 'bob', type: 'text', content: { text: 'first' } })
  try {
    await measure(host, rookery)
  } finally {
    await rookery.stop()
    await host.destroy()
    await database.drop()
  }
} else console.log(`skipped, PostgreSQL is not there: ${missing}`)
