// Sends and pulls on a growing database, in its own process.
import { createRookery, type Rookery } from '@rookery/core'
import { TypeOrmStorage } from '@rookery/storage-typeorm'
import pg from 'pg'
import { answerParent } from '../child-answers.js'
import { databaseUrl } from '../servers/serve.js'
import { Filling } from './filled.js'
import { openPuller, type Pull } from './puller.js'

export interface GrowthFound {
  /** Messages a second, in commits of 100. */
  readonly sentPerS: number
  /** Pages of 100 from the end of inboxes, eight at once. */
  readonly pagesPerS: number
}

const conversations = 100
const commitOps = 100
const limit = 100
const readers = 8

const storage = new TypeOrmStorage({ type: 'postgres', url: databaseUrl() })
const rookery: Rookery = createRookery({ storage, authenticate: ({ token }) => ({ userId: token }), rate: 'off' })
await rookery.start()
const filling = new Filling(storage, conversations)
const pulls: Pull[] = []

async function tidy(): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl() })
  await client.connect()
  await client.query('VACUUM ANALYZE')
  await client.end()
}

async function fill(messages: number): Promise<void> {
  // The messages of the last measurement count too.
  await filling.to(messages)
  // Filling this fast leaves the server maintenance work that years of messages would spread out.
  await tidy()
  for (let n = pulls.length; n < conversations; n++) pulls.push(await openPuller(rookery, `a${n}`))
}

async function measure(windowMs: number): Promise<GrowthFound> {
  let sent = 0
  const sendingAt = performance.now()
  while (performance.now() - sendingAt < windowMs) {
    await filling.store(Array.from({ length: commitOps }, () => filling.next()))
    sent += commitOps
  }
  const sentPerS = (sent * 1000) / (performance.now() - sendingAt)

  const newest = Math.max(0, Math.floor(filling.written / conversations) - limit)
  let pages = 0
  let turn = 0
  const readingAt = performance.now()
  const reader = async (): Promise<void> => {
    while (performance.now() - readingAt < windowMs) {
      await pulls[turn++ % pulls.length]!(newest, limit)
      pages++
    }
  }
  await Promise.all(Array.from({ length: readers }, reader))
  return { sentPerS, pagesPerS: (pages * 1000) / (performance.now() - readingAt) }
}

answerParent(null, { fill, measure })
