// Many transactions of the host at once, on a smaller pool: none needs a second connection to end.
import { join } from 'node:path'
import { createRookery, type Rookery } from '@rookery/core'
import libsql from 'libsql'
import { DataSource, EntityManager, type DataSourceOptions } from 'typeorm'
import { afterEach, describe, expect, it } from 'vitest'
import { describeOnMysql, freshDatabase as freshMysql } from '../../testing/mysql.js'
import { describeOnPostgres, freshDatabase as freshPostgres } from '../../testing/postgres.js'
import { chatFileBeside } from '../sqlite/chat-file.js'
import { folder } from '../../testing/scene.js'
import { TypeOrmStorage, type TypeOrmStorageOptions } from '../typeorm-storage.js'
import { sqliteQueue } from './sqlite-queue.js'
import { TypeOrmOutbox } from './typeorm-outbox.js'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Place {
  readonly host: DataSourceOptions
  readonly chat: TypeOrmStorageOptions
}

const atOnce = 40
const poolSize = 10

async function open({ host: options, chat }: Place, takesTransaction: boolean) {
  const host = await new DataSource({ ...options, poolSize } as DataSourceOptions).initialize()
  closing.push(() => host.destroy())
  await host.query('CREATE TABLE people (id varchar(64) PRIMARY KEY)')
  const found = async (userId: string, tx: unknown): Promise<boolean> => {
    const manager = tx instanceof EntityManager ? tx : host.manager
    const place = options.type === 'postgres' ? '$1' : '?'
    return ((await manager.query(`SELECT id FROM people WHERE id = ${place}`, [userId])) as unknown[]).length > 0
  }
  const rookery = createRookery({
    storage: new TypeOrmStorage(chat),
    outbox: new TypeOrmOutbox(() => host),
    authenticate: ({ token }) => ({ userId: token }),
    users: { takesTransaction, exists: found },
    contacts: { takesTransaction, mayWrite: (_, to, tx) => found(to, tx) },
  })
  await rookery.start()
  closing.push(() => rookery.stop())
  return { host, rookery }
}

/** Each makes a person that it writes to: only its own transaction sees that. */
async function write(host: DataSource, { im }: Rookery): Promise<void> {
  let begun = 0
  let all: () => void
  // None ends before as many run as the pool allows.
  const together = new Promise<void>((resolve) => (all = resolve))
  const held = host.options.type === 'better-sqlite3' ? 1 : poolSize
  const place = host.options.type === 'postgres' ? '$1' : '?'
  const one = (n: number): Promise<void> =>
    sqliteQueue(host).transaction(async (tx) => {
      await tx.query(`INSERT INTO people (id) VALUES (${place})`, [`user${n}`])
      begun += 1
      if (begun === held) all()
      await together
      const within = im.within(tx)
      await within.sendC2C({ from: 'ann', to: `user${n}`, type: 'x', content: { n }, checked: true })
      await within.groups.create({ owner: `user${n}`, name: 'mine' })
    })
  await Promise.all(Array.from({ length: atOnce }, (_, n) => one(n)))
}

function cases(place: () => Promise<Place>): void {
  it.each([true, false])('all end, and all is stored; providers take the transaction: %s', async (takes) => {
    const { host, rookery } = await open(await place(), takes)
    await write(host, rookery)
    await expect.poll(() => host.query('SELECT id FROM im_outbox'), { timeout: 30_000 }).toEqual([])
    for (let n = 0; n < atOnce; n += 1) {
      const { conversations } = await rookery.im.conversations(`user${n}`)
      expect(conversations.map(({ kind }) => kind).sort()).toEqual(['c2c', 'c2g'])
    }
  })

  it('what a provider knows from the transaction alone refuses within it', async () => {
    const { host, rookery } = await open(await place(), true)
    const refused = sqliteQueue(host).transaction((tx) =>
      rookery.im.within(tx).sendC2C({ from: 'ann', to: 'nobody', type: 'x', content: {} }),
    )
    await expect(refused).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
}

describe('a pool of the host on SQLite', () => {
  cases(async () => {
    const database = join(folder(), 'app.sqlite')
    return {
      host: { type: 'better-sqlite3', driver: libsql, database },
      chat: { type: 'better-sqlite3', driver: libsql, database: chatFileBeside(database) },
    }
  })
})

describeOnPostgres('a pool of the host on PostgreSQL', () => {
  cases(async () => {
    const database = await freshPostgres()
    closing.push(() => database.drop())
    const { username = 'postgres', ...where } = database.where
    return {
      host: { type: 'postgres', ...where, username } as DataSourceOptions,
      chat: { type: 'postgres', ...database.where },
    }
  })
})

describeOnMysql('a pool of the host on MySQL', () => {
  cases(async () => {
    const database = await freshMysql()
    closing.push(() => database.drop())
    const { username = 'root', ...where } = database.where
    return {
      host: { type: 'mysql', ...where, username } as DataSourceOptions,
      chat: { type: 'mysql', ...database.where },
    }
  })
})
