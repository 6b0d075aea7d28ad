// What a start does with tables of our names in a SQLite file: it leaves other tables alone, and reports those that are
// gone.
import { describe, expect, it } from 'vitest'
import { chatFile, peek, say } from '../../testing/scene.js'
import { TypeOrmStorage } from '../typeorm-storage.js'

const start = async (database: string, tablePrefix = 'im_'): Promise<void> => {
  const storage = new TypeOrmStorage({ type: 'better-sqlite3', database, tablePrefix, worker: false })
  await storage.start()
  expect(await storage.commit([say(`k${tablePrefix}`)])).toMatchObject([{ seq: 1 }])
  await storage.stop()
}

describe('what stands under our names in a SQLite file', () => {
  it("a table of the host's own is left alone", async () => {
    const database = chatFile()
    peek(database, (db) =>
      db.exec(`CREATE TABLE im_user (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO im_user VALUES (1, 'mine')`),
    )
    await expect(start(database)).rejects.toThrow(
      /: the table im_user is not chat's, for it has no column [^\n]*; give chat another tablePrefix, such as 'chat_'$/,
    )
    expect(peek(database, (db) => db.prepare('SELECT name FROM sqlite_master').all([]))).toEqual([{ name: 'im_user' }])
    await start(database, 'chat_')
    expect(peek(database, (db) => db.prepare('SELECT * FROM im_user').all([]))).toEqual([{ id: 1, title: 'mine' }])
  })

  it('a table that is gone, and tables that nothing tells the version of, are one line each', async () => {
    const database = chatFile()
    await start(database)
    peek(database, (db) => db.exec('DROP TABLE im_key'))
    await expect(start(database)).rejects.toThrow(
      /: im_key is gone, though im_migrations says that they were made: [^\n]*$/,
    )
    peek(database, (db) => db.exec('DROP TABLE im_migrations'))
    await expect(start(database)).rejects.toThrow(
      / are there, and im_migrations, which tells their version, is not: [^\n]*$/,
    )
  })
})
