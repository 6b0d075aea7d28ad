import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { TypeOrmStorage } from '../typeorm-storage.js'
import { openWriter } from './open.js'
import { chatFile, peek, settingsFor, start } from '../../testing/scene.js'

describe('durability', () => {
  it('the settings that the promise needs are in force, and nothing is warned of', async () => {
    const { db, warnings } = await openWriter(settingsFor(chatFile()))
    const read = (name: string) => (db.prepare(`PRAGMA ${name}`).raw().get([]) as unknown[])[0]
    expect(read('journal_mode')).toBe('wal')
    expect(read('synchronous')).toBe(2)
    expect(read('busy_timeout')).toBe(5000)
    expect(warnings).toEqual([])
    db.close()
  })

  it.each(['normal', 'off'] as const)(
    'synchronous: %s is reported as a warning with its remedy',
    async (synchronous) => {
      const storage = new TypeOrmStorage({ type: 'better-sqlite3', database: chatFile(), synchronous })
      const { warnings } = await storage.start()
      expect(warnings).toEqual([expect.stringContaining(`synchronous=${synchronous}`)])
      expect(warnings[0]).toContain("use synchronous: 'full'")
      await storage.stop()
    },
  )

  it('whatever a process was answered before kill -9 is there, under its number, without a gap', async () => {
    const database = chatFile()
    const body = `const storage = new TypeOrmStorage({ type: 'better-sqlite3', database: argv[0] })
      await storage.start()
      for (let n = 0; ; n += 1) {
        const names = Array.from({ length: 20 }, (_, i) => argv[1] + '-' + n + '-' + i)
        const under = names.map((name) => storage.commit([say(name)]))
        for (const [i, [result]] of (await Promise.all(under)).entries()) process.stdout.write(names[i] + ' ' + result.seq + '\\n')
      }`
    const answered = new Map<string, number>()
    for (const round of ['a', 'b', 'c']) {
      const child = start(body, database, round)
      const goal = answered.size + 300
      for await (const line of createInterface({ input: child.stdout as Readable })) {
        const [name, seq] = line.split(' ')
        if (name && seq) answered.set(name, Number(seq))
        if (answered.size === goal) child.kill('SIGKILL')
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
    const rows = peek(database, (db) =>
      db.prepare('SELECT client_msg_id, seq FROM im_message ORDER BY seq').raw().all([]),
    ) as [string, number][]
    expect(answered.size).toBeGreaterThanOrEqual(900)
    expect(rows.map(([, seq]) => seq)).toEqual(rows.map((_, index) => index + 1))
    const stored = new Map(rows)
    for (const [name, seq] of answered) expect(stored.get(name)).toBe(seq)
    const inbox = peek(database, (db) =>
      db
        .prepare(
          'SELECT count(*), max(seq), (SELECT head FROM im_user WHERE user_id = ?) FROM im_inbox WHERE user = (SELECT id FROM im_user WHERE user_id = ?)',
        )
        .raw()
        .get(['bob', 'bob']),
    )
    expect(inbox).toEqual([rows.length, rows.length, rows.length])
  })
})
