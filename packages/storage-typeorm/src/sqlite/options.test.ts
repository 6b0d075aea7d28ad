import { describe, expect, it } from 'vitest'
import { TypeOrmStorage } from '../typeorm-storage.js'
import { chatFileBeside } from './chat-file.js'
import { locateDriver } from './driver.js'
import { checkSqliteOptions, type SqliteOptions } from './options.js'
import libsql from 'libsql'

const fine = { type: 'better-sqlite3', database: 'data/app.im.sqlite' } as const
const check = (wrong: Record<string, unknown>) => () => checkSqliteOptions({ ...fine, ...wrong } as SqliteOptions)

describe('the options of SQLite', () => {
  it('have the defaults that they state', () => {
    expect(checkSqliteOptions(fine)).toMatchObject({
      database: expect.stringMatching(/^[/\\A-Z].*app\.im\.sqlite$/),
      driverPath: expect.stringMatching(/libsql/),
      tablePrefix: 'im_',
      migrations: 'run',
      worker: true,
      synchronous: 'full',
      busyTimeoutMs: 5000,
      callTimeoutMs: 15_000,
    })
  })

  it.each([
    [{ database: ':memory:' }, /^TypeOrmStorage option database cannot be ':memory:'.*give a file/],
    [{ database: '' }, /option database/],
    [{ database: 'file:app.sqlite?mode=memory' }, /option database/],
    [{ database: undefined }, /option database must be a file/],
    [{ tablePrefix: 'im-' }, /option tablePrefix must be up to 32 letters/],
    [{ tablePrefix: 'sqlite_' }, /option tablePrefix/],
    [{ migrations: 'never' }, /option migrations must be 'run' or 'check'/],
    [{ worker: 1 }, /option worker must be true or false/],
    [{ synchronous: 'sometimes' }, /option synchronous must be 'full'/],
    [{ busyTimeoutMs: 0 }, /option busyTimeoutMs must be whole milliseconds/],
    [{ callTimeoutMs: 4000 }, /option callTimeoutMs must be more than busyTimeoutMs/],
    [{ driver: 'no-such-driver' }, /driver: the module 'no-such-driver' is not found/],
    [{ driver: {} }, /driver: not a module/],
    [{ synchronise: true }, /option synchronise does not exist; there are type, database/],
  ])('refuse %j in one line that names the option and the remedy', (wrong, line) => {
    expect(check(wrong)).toThrow(line)
    expect(check(wrong)).toThrow(/^[^\n]+$/)
  })

  it('take the driver as a module too, as TypeORM does', () => {
    expect(locateDriver(libsql)).toBe(locateDriver('libsql'))
  })

  it('refuse another kind of database, and say which there are', () => {
    const mongo = { type: 'mongodb', database: 'x' } as unknown as SqliteOptions
    expect(() => new TypeOrmStorage(mongo)).toThrow(
      /option type is 'mongodb'; supported are? .*'better-sqlite3'.*'postgres'/,
    )
  })
})

describe('the chat file', () => {
  it.each([
    ['app.sqlite', 'app.im.sqlite'],
    ['/var/data/shop.db', '/var/data/shop.im.db'],
    ['data/app', 'data/app.im.sqlite'],
    ['./data/v1.2.sqlite3', 'data/v1.2.im.sqlite3'],
  ])('stands beside the host file %s as %s', (host, chat) => {
    expect(chatFileBeside(host).replace(/^\.\//, '')).toBe(chat)
  })

  it('cannot stand beside a database in memory', () => {
    expect(() => chatFileBeside(':memory:')).toThrow(/has no place beside it; name a file/)
  })
})
