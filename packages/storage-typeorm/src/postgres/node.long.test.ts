// A real node of core on PostgreSQL, while the database crashes, pauses, fails over or is restored.
import { afterEach, expect, it } from 'vitest'
import {
  crashUnderLoad,
  Nodes,
  oldServerStaysUp,
  oneRowHeld,
  pausedWithCallsUnderWay,
  restoredFromOlderCopy,
} from '../../testing/node-trials.js'
import { ask, connect, describeOnPostgres, freshDatabase } from '../../testing/postgres.js'
import { describeWithServer, PrivatePostgres } from '../../testing/private-postgres.js'
import { turntable } from '../../testing/turntable.js'
import { TypeOrmStorage } from '../typeorm-storage.js'

const nodes = new Nodes()
afterEach(() => nodes.stop())

describeWithServer('a node whose PostgreSQL fails', () => {
  it('a crash and a restart under load lose no acknowledged message and repeat none; sends answer UNAVAILABLE meanwhile and go on within 10 s', async () => {
    const server = await PrivatePostgres.start()
    try {
      await crashUnderLoad(nodes, { type: 'postgres', ...server.where }, server)
    } finally {
      await nodes.stop()
      await server.remove()
    }
  }, 120_000)

  it('a server that is paused settles every call in time, and what was under way is stored once', async () => {
    const server = await PrivatePostgres.start()
    try {
      await pausedWithCallsUnderWay({ type: 'postgres', ...server.where }, server, 'unknown')
    } finally {
      await server.remove()
    }
  }, 60_000)

  it('an old server that stays up read-only is left for the one that took over: health tells, sends and reads go on within 10 s', async () => {
    const server = await PrivatePostgres.start()
    const standby = await server.standby()
    const { port, turn } = await turntable(server.where.port)
    try {
      await oldServerStaysUp(
        nodes,
        { type: 'postgres', ...server.where, port },
        {
          async fence() {
            await ask(server.where, 'ALTER SYSTEM SET default_transaction_read_only = on')
            await ask(server.where, 'SELECT pg_reload_conf()')
            const isOn = async () => (await ask(server.where, 'SHOW default_transaction_read_only'))[0]
            await expect.poll(isOn).toEqual({ default_transaction_read_only: 'on' })
          },
          async takeOver() {
            const [at] = await ask<{ lsn: string }>(server.where, 'SELECT pg_current_wal_lsn() AS lsn')
            const hasAll = `SELECT pg_last_wal_replay_lsn() >= '${at!.lsn}' AS all`
            await expect.poll(() => ask(standby.where, hasAll), { timeout: 20_000 }).toEqual([{ all: true }])
            await ask(standby.where, 'SELECT pg_promote()')
            turn(standby.where.port)
          },
        },
      )
    } finally {
      await nodes.stop()
      await standby.remove()
      await server.remove()
    }
  }, 120_000)

  it('a standby is no server for chat: neither at start nor when a connection is made anew', async () => {
    const server = await PrivatePostgres.start()
    const standby = await server.standby()
    try {
      const storage = new TypeOrmStorage({ type: 'postgres', ...standby.where })
      await expect(storage.start()).rejects.toThrow(/^the chat database cannot be opened: .*standby.*$/)
    } finally {
      await standby.remove()
      await server.remove()
    }
  }, 60_000)
})

describeOnPostgres('a database that was restored from an older copy', () => {
  it('clients that hold more than it does are told `reset`, and get on with what there is', async () => {
    const { where, drop } = await freshDatabase()
    const copy = `${where.database}_copy`
    const admin = { ...where, database: 'postgres' }
    try {
      await restoredFromOlderCopy(
        nodes,
        { type: 'postgres', ...where },
        {
          copy: () => ask(admin, `CREATE DATABASE ${copy} TEMPLATE ${where.database}`).then(() => {}),
          async restore() {
            await ask(admin, `DROP DATABASE ${where.database} WITH (FORCE)`)
            await ask(admin, `ALTER DATABASE ${copy} RENAME TO ${where.database}`)
          },
          run: (sql) => ask(where, sql),
        },
      )
    } finally {
      await nodes.stop()
      await ask(admin, `DROP DATABASE IF EXISTS ${copy} WITH (FORCE)`)
      await drop()
    }
  }, 60_000)
})

describeOnPostgres('a row that somebody else holds', () => {
  it('keeps back what needs it, in order and until its deadline, and nothing else', async () => {
    const { where, drop } = await freshDatabase()
    try {
      await oneRowHeld(nodes, { type: 'postgres', ...where }, async (sql) => {
        const holder = await connect(where)
        await holder.query('BEGIN')
        await holder.query(sql)
        return () => holder.end()
      })
    } finally {
      await nodes.stop()
      await drop()
    }
  }, 120_000)
})
