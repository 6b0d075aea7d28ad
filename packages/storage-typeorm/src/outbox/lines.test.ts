// Rows that cannot be moved, in each kind of host database: no other row waits for them, and the outbox parks them.
import { join } from 'node:path'
import { createRookery, MemoryStorage, RookeryError, type Rookery } from '@rookery/core'
import libsql from 'libsql'
import { DataSource, type DataSourceOptions } from 'typeorm'
import { afterEach, describe, expect, it } from 'vitest'
import { describeOnMysql, freshDatabase as freshMysql } from '../../testing/mysql.js'
import { describeOnPostgres, freshDatabase as freshPostgres } from '../../testing/postgres.js'
import { folder } from '../../testing/scene.js'
import { TypeOrmOutbox } from './typeorm-outbox.js'

/** How long to wait for something that comes in a moment on an idle machine. */
const patience = { timeout: 30_000 }

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Scene {
  readonly host: DataSource
  readonly rookery: Rookery
  readonly gone: Set<string>
  write(...to: readonly string[]): Promise<void>
  raw(id: string, request: string): Promise<void>
  said(to: string): Promise<unknown[]>
}

async function scene(options: DataSourceOptions): Promise<Scene> {
  const host = await new DataSource(options).initialize()
  closing.push(() => host.destroy())
  const gone = new Set<string>()
  const rookery = createRookery({
    storage: new MemoryStorage(),
    outbox: new TypeOrmOutbox(() => host),
    authenticate: ({ token }) => ({ userId: token }),
    limits: { outboxAttempts: 1000 },
    timing: { outboxSweepMs: 200 },
    handlers: {
      before: () => async (_, draft) => {
        if (draft.to.startsWith('stuck')) throw new Error('a bug')
        if (gone.has(draft.to)) throw new RookeryError('NOT_FOUND', 'no such user')
      },
      after: () => undefined,
      topic: () => undefined,
    },
  })
  await rookery.start()
  closing.push(() => rookery.stop())
  const { im } = rookery
  const insert =
    options.type === 'postgres'
      ? 'INSERT INTO im_outbox (id, request, put_at) VALUES ($1, $2, 7)'
      : 'INSERT INTO im_outbox (id, request, put_at) VALUES (?, ?, 7)'
  return {
    host,
    rookery,
    gone,
    write: (...to) =>
      host.transaction(async (tx) => {
        for (const [n, user] of to.entries())
          await im.within(tx).sendC2C({ from: 'ann', to: user, type: 'x', content: { n }, checked: true })
      }),
    raw: async (id, request) => {
      await host.query(insert, [id, request])
    },
    said: async (to) => {
      const page = await im.history({ conversationId: im.conversationId('ann', to) }).catch(() => ({ messages: [] }))
      return page.messages.map(({ content }) => (content as { n: unknown }).n)
    },
  }
}

function cases(open: () => Promise<DataSourceOptions>): void {
  it('rows behind more than are read at once of rows that stay are moved, in their order', async () => {
    const { write, raw, said, rookery, host } = await scene(await open())
    for (let i = 0; i < 20; i++) await raw(`newer${i}`, '{"kind":"of-a-newer-version"}')
    await write(...Array.from({ length: 250 }, (_, i) => `stuck${i % 230}`))
    await write('bob', 'bob', 'bob')
    await expect.poll(() => said('bob'), patience).toEqual([0, 1, 2])
    expect(rookery.stats().outbox!.parked).toBe(0)
    await expect
      .poll(async () => Number((await host.query('SELECT count(*) AS count FROM im_outbox'))[0].count), patience)
      .toBe(270)
  })

  it('rows that do not parse are parked; parked ones are listed, tried again and dropped', async () => {
    const { write, raw, said, rookery, gone } = await scene(await open())
    const { maintenance } = rookery
    await raw('broken', 'not JSON')
    await raw('empty', '{}')
    gone.add('cid')
    await write('cid', 'bob', 'cid')
    await expect.poll(() => said('bob'), patience).toEqual([1])
    await expect.poll(async () => (await maintenance.parkedRows()).rows.length, patience).toBe(4)
    const first = await maintenance.parkedRows({ limit: 2 })
    expect(first.rows).toMatchObject([
      { id: 'broken', request: 'not JSON', putAt: 7, reason: 'BAD_REQUEST: the row does not parse: it is not JSON' },
      { id: 'empty', request: '{}', putAt: 7 },
    ])
    const { rows, next } = await maintenance.parkedRows({ after: first.next!, limit: 2 })
    expect(rows.map(({ reason }) => reason)).toEqual(['NOT_FOUND: no such user', 'NOT_FOUND: no such user'])
    expect(rows[0]!.putAt).toBeGreaterThan(1_700_000_000_000)
    expect(next).toBe(null)
    expect((await rookery.health()).parts['outbox']).toMatchObject({ ok: false })
    expect(await maintenance.dropParked(['empty', "no'body"])).toBe(1)
    gone.clear()
    expect(await maintenance.retryParked('all')).toBe(3)
    await expect.poll(() => said('cid'), patience).toEqual([0, 2])
    await expect
      .poll(async () => (await maintenance.parkedRows()).rows.map(({ id }) => id), patience)
      .toEqual(['broken'])
    expect(await maintenance.dropParked('all')).toBe(1)
    expect((await rookery.health()).parts['outbox']).toEqual({ ok: true })
  })
}

describe('rows that cannot be moved on SQLite', () => {
  cases(async () => ({ type: 'better-sqlite3', driver: libsql, database: join(folder(), 'app.sqlite') }))
})

describeOnPostgres('rows that cannot be moved on PostgreSQL', () => {
  cases(async () => {
    const database = await freshPostgres()
    closing.push(() => database.drop())
    const { username = 'postgres', ...where } = database.where
    return { type: 'postgres', ...where, username } as DataSourceOptions
  })
})

describeOnMysql('rows that cannot be moved on MySQL', () => {
  cases(async () => {
    const database = await freshMysql()
    closing.push(() => database.drop())
    const { username = 'root', ...where } = database.where
    return { type: 'mysql', ...where, username } as DataSourceOptions
  })
})
