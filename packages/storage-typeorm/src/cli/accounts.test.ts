// Runs the recipe of docs/operating.md for an account that may not change tables: the owner migrates, and the app works
// with fewer rights.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { createRookery, type Rookery } from '@rookery/core'
import { FakeDevice } from '@rookery/testing'
import { DataSource, type DataSourceOptions } from 'typeorm'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as mysql from '../../testing/mysql.js'
import * as postgres from '../../testing/postgres.js'
import { optionsBeside } from '../host.js'
import { TypeOrmOutbox } from '../outbox/typeorm-outbox.js'
import { TypeOrmStorage } from '../typeorm-storage.js'
import { main } from './main.js'

const page = readFileSync(new URL('../../../../docs/operating.md', import.meta.url), 'utf8')
const [onPostgres = '', onMysql = ''] = [...page.matchAll(/^```sql\n(.*?)^```$/gms)].map(([, block]) => block!)

/** The recipe under names of this test alone. */
const recipe = (sql: string): { readonly name: string; readonly sql: string } => {
  const name = `shop_${randomBytes(4).toString('hex')}`
  return { name, sql: sql.replaceAll('shop', name).replaceAll("'…'", "'secret'") }
}

const migrate = async (...args: string[]): Promise<{ code: number; told: string }> => {
  let told = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      told += chunk.toString()
      done()
    },
  })
  const code = await main(['migrate', ...args], { env: {}, stdout: stream, stderr: stream })
  return { code, told }
}

interface Place {
  readonly app: DataSourceOptions
  readonly migrateArgs: readonly string[]
  tables(): Promise<unknown[]>
}

function cases(make: () => Promise<Place>): void {
  const open = async (app: DataSourceOptions): Promise<DataSource> => {
    const host = await new DataSource(app).initialize()
    onTestFinished(() => host.destroy())
    return host
  }
  const node = (host: DataSource, migrations: 'run' | 'check'): Rookery =>
    createRookery({
      storage: new TypeOrmStorage(() => optionsBeside(host, { migrations })),
      outbox: new TypeOrmOutbox(() => host, { createTable: migrations === 'run' }),
      authenticate: ({ token }) => ({ userId: token }),
      rate: 'off',
    })

  it('the app does everything with it, once the owner has migrated, and makes nothing before', async () => {
    const { app, migrateArgs, tables } = await make()
    const host = await open(app)
    for (const migrations of ['run', 'check'] as const) {
      const refused = await node(host, migrations)
        .start()
        .catch((error: Error) => error.message)
      expect(refused).toMatch(/^[^\n]+$/)
    }
    await expect(new TypeOrmOutbox(() => host, { createTable: false }).start()).rejects.toThrow(
      /lacks .*rookery migrate/,
    )
    await expect(new TypeOrmOutbox(() => host).start()).rejects.toThrow(
      /cannot make .*im_outbox.* \(.*\); run rookery migrate/,
    )
    expect(await tables()).toEqual([])

    expect(await migrate(...migrateArgs)).toMatchObject({ code: 0, told: expect.stringMatching(/are up to date\n$/) })
    const made = await tables()
    expect(made).toContain('im_outbox')
    for (const migrations of ['run', 'check'] as const) {
      const rookery = node(host, migrations)
      await rookery.start()
      onTestFinished(() => rookery.stop())
      const { im, maintenance } = rookery
      const [a, b] = [`ann-${migrations}`, `bob-${migrations}`]
      const [ann, bob] = await Promise.all(
        [a, b].map((userId) => FakeDevice.connect(rookery.gate, { token: userId, deviceId: 'd', deviceType: 'phone' })),
      )
      const { conversationId, seq } = await ann!.ask('c2c', {
        clientMsgId: 'k',
        to: b,
        type: 'text',
        content: { text: 'hi' },
      })
      await bob!.ask('react', { conversationId, seq, reaction: '+' })
      await im.edit({ conversationId, seq, content: { text: 'ho' } })
      await host.transaction((tx) => im.within(tx).sendC2C({ from: a, to: b, type: 'order', content: {} }))
      await bob!.until(() => bob!.entries.some(({ message }) => message?.type === 'order'))
      await im.recall({ conversationId, seq })
      const { groupId } = await im.groups.create({ owner: a, name: 'all', members: [b, 'carol'] })
      await im.groups.remove(groupId, ['carol'])
      await maintenance.trim()
      expect(await maintenance.verify({ repair: true })).toMatchObject({ findings: 0 })
      await maintenance.eraseUser(a, { ownedGroups: 'hand-over' })
    }
    expect(await tables()).toEqual(made)
    expect(await migrate(...migrateArgs)).toMatchObject({ code: 0 })
  }, 30_000)
}

describe('the recipe for an account', () => {
  it('is there for both servers', () => {
    expect(onPostgres).toContain('CREATE ROLE')
    expect(onMysql).toContain('CREATE USER')
  })
})

postgres.describeOnPostgres('the recipe for an account on PostgreSQL', () =>
  cases(async () => {
    const database = await postgres.freshDatabase()
    const { host, port, database: db } = database.where
    const { name, sql } = recipe(onPostgres)
    await postgres.ask(database.where, sql)
    onTestFinished(async () => {
      await database.drop()
      await postgres.ask({ ...database.where, database: 'postgres' }, `DROP ROLE ${name}_owner, ${name}_app`)
    })
    const address = { host, port, database: db } as { host: string; port: number; database: string }
    return {
      app: { type: 'postgres', ...address, username: `${name}_app`, password: 'secret', schema: name },
      migrateArgs: ['--database', `postgres://${name}_owner:secret@${host}:${port}/${db}`, '--schema', name],
      tables: async () =>
        (
          await postgres.ask(
            database.where,
            `SELECT tablename AS name FROM pg_tables WHERE schemaname IN ('public', '${name}') ORDER BY 1`,
          )
        ).map((row) => row['name']),
    }
  }),
)

mysql.describeOnMysql('the recipe for an account on MySQL and MariaDB', () =>
  cases(async () => {
    const database = await mysql.freshDatabase()
    const { host, port } = database.where
    const { name, sql } = recipe(onMysql)
    await mysql.ask(database.where, sql)
    onTestFinished(async () => {
      await mysql.ask(database.where, `DROP USER ${name}_owner, ${name}_app; DROP DATABASE ${name}`)
      await database.drop()
    })
    const address = { host, port, database: name } as { host: string; port: number; database: string }
    return {
      app: { type: 'mariadb', ...address, username: `${name}_app`, password: 'secret' },
      migrateArgs: ['--database', `mysql://${name}_owner:secret@${host}:${port}/${name}`],
      tables: async () =>
        (
          await mysql.ask(
            database.where,
            `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${name}' ORDER BY 1`,
          )
        ).map((row) => row['name']),
    }
  }),
)
