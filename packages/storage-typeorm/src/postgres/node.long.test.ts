// A real node of core on PostgreSQL, through what happens to a database.
import { afterEach, it } from 'vitest'
import { crashUnderLoad, Nodes, pausedWithCallsUnderWay, restoredFromOlderCopy } from '../../testing/node-trials.js'
import { ask, describeOnPostgres, freshDatabase } from '../../testing/postgres.js'
import { describeWithServer, PrivatePostgres } from '../../testing/private-postgres.js'

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
