import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { TypeOrmStorage } from '../typeorm-storage.js'
import { folder, peek, say } from '../../testing/scene.js'

const libsql = createRequire(import.meta.url).resolve('libsql')

/** libsql, but a message of this type makes the thread do that while it is being written. */
function driverThat(type: string, does: string): { driver: string; database: string } {
  const path = folder()
  mkdirSync(path, { recursive: true })
  const driver = join(path, 'driver.cjs')
  writeFileSync(
    driver,
    `const Libsql = require(${JSON.stringify(libsql)})
    module.exports = class extends Libsql {
      prepare(sql) {
        const statement = super.prepare(sql)
        if (!sql.includes('INSERT INTO im_message')) return statement
        const run = statement.run.bind(statement)
        statement.run = (values) => {
          if (values.includes(${JSON.stringify(type)})) { ${does} }
          return run(values)
        }
        return statement
      }
    }`,
  )
  return { driver, database: join(path, 'app.im.sqlite') }
}

describe('a thread of the database', () => {
  it('that dies leaves what was under way unknown, and the next call finds another one', async () => {
    const storage = new TypeOrmStorage({ type: 'better-sqlite3', ...driverThat('deadly', 'process.exit(3)') })
    await storage.start()
    await storage.commit([say('a')])
    const under = [storage.commit([say('b', { type: 'deadly' })]), storage.commit([say('c')])]
    for (const call of under) {
      await expect(call).rejects.toMatchObject({ name: 'StorageError', outcome: 'unknown' })
    }
    const again = await Promise.all([storage.commit([say('c')]), storage.commit([say('d')])])
    expect(again).toMatchObject([[{ status: 'stored', seq: 2 }], [{ status: 'stored', seq: 3 }]])
    expect((await storage.timelines.inbox('bob', 0, 10)).entries).toHaveLength(3)
    await storage.stop()
  })

  it('that dies and cannot open its file again leaves the next calls undone, in order, and answers when it can', async () => {
    const { driver, database } = driverThat('deadly', 'process.exit(3)')
    const storage = new TypeOrmStorage({ type: 'better-sqlite3', driver, database })
    await storage.start()
    await storage.commit([say('a')])
    await storage.commit([say('b', { type: 'deadly' })]).catch(() => undefined)
    renameSync(driver, `${driver}.away`)
    const under = [storage.commit([say('c')]), Promise.resolve().then(() => storage.commit([say('d')]))]
    for (const call of under) await expect(call).rejects.toMatchObject({ name: 'StorageError', outcome: 'none' })
    renameSync(`${driver}.away`, driver)
    const again = [storage.commit([say('c')]), Promise.resolve().then(() => storage.commit([say('d')]))]
    expect(await Promise.all(again)).toMatchObject([[{ seq: 2 }], [{ seq: 3 }]])
    await storage.stop()
  })

  it('that hangs makes calls fail by their deadline, as unknown', async () => {
    const hang = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500)'
    const options = { busyTimeoutMs: 100, callTimeoutMs: 300 }
    const storage = new TypeOrmStorage({ type: 'better-sqlite3', ...driverThat('slow', hang), ...options })
    await storage.start()
    await expect(storage.commit([say('a', { type: 'slow' })])).rejects.toMatchObject({
      name: 'StorageError',
      outcome: 'unknown',
      message: 'the database did not answer within 300 ms',
    })
    // It was carried out all the same, and is found under its key.
    await expect.poll(() => storage.keys.find('alice', 'a'), { timeout: 10_000 }).toMatchObject({ seq: 1 })
    expect(await storage.commit([say('a', { type: 'slow' })])).toMatchObject([{ status: 'duplicate', seq: 1 }])
    await storage.stop()
  })

  it('waits for another process for as long as it was told, without stopping the event loop', async () => {
    const database = join(folder(), 'app.im.sqlite')
    const options = { busyTimeoutMs: 400, callTimeoutMs: 5000 }
    const storage = new TypeOrmStorage({ type: 'better-sqlite3', database, ...options })
    await storage.start()
    await storage.commit([say('a')])
    let turns = 0
    const turning = setInterval(() => (turns += 1), 5)
    const failed = await peek(database, async (db) => {
      db.exec('BEGIN IMMEDIATE')
      const refused = await storage.commit([say('b')]).catch((error: unknown) => error)
      expect((await storage.timelines.inbox('bob', 0, 10)).head, 'reads go on').toBe(1)
      db.exec('ROLLBACK')
      return refused
    })
    clearInterval(turning)
    expect(failed).toMatchObject({ name: 'StorageError', outcome: 'none' })
    expect(turns).toBeGreaterThan(20)
    expect(await storage.commit([say('b')])).toMatchObject([{ status: 'stored', seq: 2 }])
    await storage.stop()
  })

  it('that cannot open its file says so in one line', async () => {
    const path = join(folder(), 'app.im.sqlite')
    writeFileSync(path, 'this is no database, and long enough to be looked at as one'.repeat(40))
    const storage = new TypeOrmStorage({ type: 'better-sqlite3', database: path })
    await expect(storage.start()).rejects.toThrow(/^the chat database cannot be opened: [^\n]+$/)
  })
})
