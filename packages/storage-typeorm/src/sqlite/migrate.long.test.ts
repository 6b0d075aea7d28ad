import { describe, expect, it } from 'vitest'
import { TypeOrmStorage } from '../typeorm-storage.js'
import { chatFile, peek, run, say } from '../../testing/scene.js'

const names = (database: string): unknown[] =>
  peek(database, (db) => db.prepare('SELECT name FROM im_migrations ORDER BY id').raw().all([]))

describe('migrations', () => {
  it('run once when six processes start on a new file at once, and all see one epoch', async () => {
    const database = chatFile()
    const body = `const storage = new TypeOrmStorage({ type: 'better-sqlite3', database: argv[0] })
      const { epoch } = await storage.start()
      await storage.commit([say(argv[1])])
      await storage.stop()
      console.log(epoch)`
    const epochs = await Promise.all(['1', '2', '3', '4', '5', '6'].map((name) => run(body, database, name)))
    expect(new Set(epochs).size).toBe(1)
    expect(names(database)).toEqual([
      ['ImInitialSchema1763700000000'],
      ['ImGroups1763800000000'],
      ['ImMaintenance1763900000000'],
      ['ImPush1764540000000'],
    ])
    const seqs = peek(database, (db) => db.prepare('SELECT seq FROM im_message ORDER BY seq').raw().all([]))
    expect(seqs).toEqual([[1], [2], [3], [4], [5], [6]])
  })

  it("with 'check' a file without the tables is refused in one line, and left as it is", async () => {
    const database = chatFile()
    const storage = new TypeOrmStorage({ type: 'better-sqlite3', database, migrations: 'check' })
    await expect(storage.start()).rejects.toThrow(
      /^[^\n]*lacks ImInitialSchema\d+, ImGroups\d+, ImMaintenance\d+, ImPush\d+; start once with migrations: 'run'$/,
    )
    expect(peek(database, (db) => db.prepare('SELECT name FROM sqlite_master').all([]))).toEqual([])
  })

  it("with 'check' a file that is up to date is taken", async () => {
    const database = chatFile()
    const first = new TypeOrmStorage({ type: 'better-sqlite3', database })
    const { epoch } = await first.start()
    await first.stop()
    const second = new TypeOrmStorage({ type: 'better-sqlite3', database, migrations: 'check' })
    expect((await second.start()).epoch).toBe(epoch)
    await second.stop()
  })

  it('two prefixes in one file know nothing of each other', async () => {
    const database = chatFile()
    const open = (tablePrefix: string) => new TypeOrmStorage({ type: 'better-sqlite3', database, tablePrefix })
    const [one, other] = [open('one_'), open('other_')]
    const infos = await Promise.all([one.start(), other.start()])
    expect(infos[0].epoch).not.toBe(infos[1].epoch)
    await one.commit([say('a')])
    expect((await other.timelines.inbox('bob', 0, 10)).head).toBe(0)
    expect((await one.timelines.inbox('bob', 0, 10)).head).toBe(1)
    await Promise.all([one.stop(), other.stop()])
  })
})
