// How chat reaches the server of the host's DataSource: it takes over every option that tells where the server is, and
// no other.
import type { DataSource } from 'typeorm'
import { describe, expect, it } from 'vitest'
import { optionsBeside } from './host.js'
import { checkMysqlOptions } from './mysql/options.js'
import { checkPostgresOptions } from './postgres/options.js'

const host = (options: object): DataSource => ({ options }) as DataSource
const stream = (): object => ({})

describe("what is taken from the host's DataSource", () => {
  it('on PostgreSQL: extra before options, how the server is reached, and nothing of pools and rows', () => {
    const options = optionsBeside(
      host({
        type: 'postgres',
        host: 'one',
        username: 'ann',
        database: 'shop',
        schema: 'chat',
        ssl: true,
        connectTimeoutMS: 1500,
        applicationName: 'shop',
        parseInt8: true,
        poolSize: 50,
        extra: {
          host: 'two',
          options: '-c search_path=x',
          stream,
          max: 50,
          types: {},
          query_timeout: 1,
          statement_timeout: 1,
        },
      }),
      {},
    )
    expect(options).toEqual({
      type: 'postgres',
      host: 'two',
      username: 'ann',
      database: 'shop',
      schema: 'chat',
      ssl: true,
      connectTimeoutMs: 1500,
      extra: { options: '-c search_path=x', stream },
    })
    const { address } = checkPostgresOptions({ ...options, type: 'postgres' } as never)
    expect(address).toMatchObject({
      host: 'two',
      user: 'ann',
      options: '-c search_path=x',
      stream,
      application_name: 'rookery',
    })
  })

  it('on MySQL: the same, with ssl from the options also where there are replicas', () => {
    const master = { host: 'one', username: 'ann', password: 'p', database: 'shop', socketPath: '/run/one', ssl: 'no' }
    const options = optionsBeside(
      host({
        type: 'mysql',
        host: 'none',
        ssl: 'Amazon RDS',
        connectTimeout: 0,
        charset: 'latin1',
        flags: ['-FOUND_ROWS'],
        replication: { master, slaves: [] },
        extra: {
          password: 'q',
          compress: true,
          authPlugins: {},
          connectionLimit: 50,
          typeCast: false,
          rowsAsArray: true,
        },
      }),
      {},
    )
    const { ssl: _, ...where } = master
    expect(options).toEqual({
      type: 'mysql',
      ...where,
      password: 'q',
      ssl: 'Amazon RDS',
      extra: { compress: true, authPlugins: {} },
    })
    expect(checkMysqlOptions(options as never).address).toMatchObject({
      user: 'ann',
      compress: true,
      ssl: 'Amazon RDS',
    })
  })

  it('what is given comes first', () => {
    const given = { username: 'chat', connectTimeoutMs: 10, extra: { stream } }
    const options = {
      type: 'postgres',
      username: 'ann',
      connectTimeoutMS: 1500,
      extra: { user: 'bob', options: '-c a=b' },
    }
    expect(optionsBeside(host(options), given as never)).toEqual({ type: 'postgres', ...given })
  })

  it("what is given comes before what the host's URL says, too", () => {
    const onPostgres = host({ type: 'postgres', url: 'postgres://ann:a%40@db:5432/shop?options=-c%20a%3Db' })
    expect(optionsBeside(onPostgres, { username: 'chat@x', password: 'p/w' } as never)).toMatchObject({
      url: 'postgres://chat%40x:p%2Fw@db:5432/shop?options=-c%20a%3Db',
    })
    expect(optionsBeside(onPostgres, {})).toMatchObject({ url: 'postgres://ann:a%40@db:5432/shop?options=-c%20a%3Db' })
    const onMysql = host({ type: 'mysql', url: 'mysql://ann:secret@db:3307/shop', extra: { host: 'other' } })
    const { address } = checkMysqlOptions(optionsBeside(onMysql, { username: 'chat' } as never) as never)
    expect(address).toEqual({ host: 'other', port: 3307, user: 'chat', password: 'secret', database: 'shop' })
  })

  it('extra takes nothing that would change rows or pools', () => {
    expect(() => checkPostgresOptions({ type: 'postgres', extra: { max: 5 } })).toThrow(
      /option extra cannot hold max; it takes options, /,
    )
    expect(() => checkMysqlOptions({ type: 'mysql', database: 'x', extra: { typeCast: false } })).toThrow(
      /option extra cannot hold typeCast; /,
    )
    expect(() => checkPostgresOptions({ type: 'postgres', extra: [] as never })).toThrow(
      /option extra must be an object/,
    )
  })

  it('a file beside an encrypted one would not be: one line says so', () => {
    const encrypted = host({ type: 'better-sqlite3', database: 'data/app.sqlite', key: 'secret' })
    expect(() => optionsBeside(encrypted, {})).toThrow(/^the app's SQLite file is encrypted, and [^\n]*$/)
  })
})
