// A real node of core on MariaDB, while the database crashes, pauses, fails over or is restored.
import { afterEach, it } from 'vitest'
import { ask, connect, describeOnMysql, freshDatabase } from '../../testing/mysql.js'
import {
  crashUnderLoad,
  Nodes,
  oldServerStaysUp,
  oneRowHeld,
  pausedWithCallsUnderWay,
  restoredFromOlderCopy,
} from '../../testing/node-trials.js'
import { describeWithMysql, PrivateMysql } from '../../testing/private-mysql.js'
import { turntable } from '../../testing/turntable.js'

const nodes = new Nodes()
afterEach(() => nodes.stop())

describeWithMysql('a node whose MariaDB fails', () => {
  it('a crash and a restart under load lose no acknowledged message and repeat none; sends answer UNAVAILABLE meanwhile and go on within 10 s', async () => {
    const server = await PrivateMysql.start()
    try {
      await crashUnderLoad(nodes, { type: 'mariadb', ...server.where }, server)
    } finally {
      await nodes.stop()
      await server.remove()
    }
  }, 120_000)

  it('a server that is paused settles every call in time, and what was under way is stored once', async () => {
    const server = await PrivateMysql.start()
    try {
      // The statements that commit go out after an answer to those that lock, which does not come.
      await pausedWithCallsUnderWay({ type: 'mariadb', ...server.where }, server, 'none')
    } finally {
      server.resume()
      await server.remove()
    }
  }, 60_000)

  it('an old server that stays up read-only is left for the one that took over: health tells, sends and reads go on within 10 s', async () => {
    const [server, successor] = [await PrivateMysql.start(), await PrivateMysql.start()]
    const { port, turn } = await turntable(server.where.port)
    // Root writes to a read-only server, too.
    const account = { username: 'chat', password: 'chat' }
    for (const { where } of [server, successor]) {
      await ask(where, `CREATE USER chat IDENTIFIED BY 'chat'; GRANT ALL ON test.* TO chat`)
    }
    try {
      await oldServerStaysUp(
        nodes,
        { type: 'mariadb', ...server.where, ...account, port },
        {
          fence: async () => void (await ask(server.where, 'SET GLOBAL read_only = 1')),
          async takeOver() {
            server.copyTo(successor)
            turn(successor.where.port)
          },
        },
      )
    } finally {
      await nodes.stop()
      await successor.remove()
      await server.remove()
    }
  }, 120_000)
})

describeOnMysql('a database that was restored from an older copy, on MySQL', () => {
  it('clients that hold more than it does are told `reset`, and get on with what there is', async () => {
    const [{ where, drop }, copy] = [await freshDatabase(), await freshDatabase()]
    const tables = async (): Promise<string[]> =>
      (await ask(where, 'SHOW TABLES')).flatMap((row) => Object.values(row) as string[])
    try {
      await restoredFromOlderCopy(
        nodes,
        { type: 'mysql', ...where },
        {
          async copy() {
            for (const table of await tables()) {
              const name = `${copy.where.database}.${table}`
              await ask(where, `CREATE TABLE ${name} LIKE ${table}; INSERT INTO ${name} SELECT * FROM ${table}`)
            }
          },
          async restore() {
            for (const table of await tables())
              await ask(where, `DROP TABLE ${table}; RENAME TABLE ${copy.where.database}.${table} TO ${table}`)
          },
          run: (sql) => ask(where, sql),
        },
      )
    } finally {
      await nodes.stop()
      await copy.drop()
      await drop()
    }
  }, 60_000)
})

describeOnMysql('a row that somebody else holds, on MySQL', () => {
  it('keeps back what needs it, in order and until its deadline, and nothing else', async () => {
    const { where, drop } = await freshDatabase()
    try {
      await oneRowHeld(nodes, { type: 'mysql', ...where }, async (sql) => {
        const holder = await connect(where)
        await holder.query('START TRANSACTION')
        await holder.query(sql)
        return () => holder.end()
      })
    } finally {
      await nodes.stop()
      await drop()
    }
  }, 120_000)
})
