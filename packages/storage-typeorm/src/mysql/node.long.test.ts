// A real node of core on MariaDB, through what happens to a database.
import { afterEach, it } from 'vitest'
import { ask, describeOnMysql, freshDatabase } from '../../testing/mysql.js'
import { crashUnderLoad, Nodes, pausedWithCallsUnderWay, restoredFromOlderCopy } from '../../testing/node-trials.js'
import { describeWithMysql, PrivateMysql } from '../../testing/private-mysql.js'

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
