import 'reflect-metadata'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Module, type DynamicModule } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm'
import { tokens, type JsonText, type MessageId, type Outbox, type Storage } from '@rookery/core'
import libsql from 'libsql'
import { DataSource } from 'typeorm'
import { describe, expect, it, onTestFinished } from 'vitest'
import { TypeOrmStorageModule } from './nest.js'
import { folder, say } from '../testing/scene.js'

const hostModule = (database: string): DynamicModule =>
  TypeOrmModule.forRoot({ type: 'better-sqlite3', driver: libsql, database, synchronize: true })

async function app(imports: DynamicModule[]) {
  const module = await Test.createTestingModule({ imports }).compile()
  await module.init()
  onTestFinished(() => module.close())
  const storage = module.get<Storage>(tokens.storage, { strict: false })
  return { module, storage }
}

@Module({})
class ConfigModule {}
const config = (database: string): DynamicModule => ({
  module: ConfigModule,
  providers: [{ provide: 'file', useValue: database }],
  exports: ['file'],
})

describe('the storage module', () => {
  it.each(['before', 'after'])('finds the file beside the host, imported %s it', async (place) => {
    const path = folder()
    const host = hostModule(join(path, 'app.sqlite'))
    const ours = TypeOrmStorageModule.forRoot()
    const { storage } = await app(place === 'before' ? [ours, host] : [host, ours])
    await storage.start()
    expect(await storage.commit([say('a')])).toMatchObject([{ seq: 1 }])
    await storage.stop()
    expect(existsSync(join(path, 'app.im.sqlite'))).toBe(true)
  })

  it("leaves the host's file as it is", async () => {
    const database = join(folder(), 'app.sqlite')
    const { module, storage } = await app([hostModule(database), TypeOrmStorageModule.forRoot()])
    await module.get(DataSource).query('CREATE TABLE cars (id INTEGER PRIMARY KEY)')
    const digest = (): string => createHash('sha256').update(readFileSync(database)).digest('hex')
    const before = digest()
    await storage.start()
    await storage.commit([say('a'), say('b')])
    await storage.stop()
    expect(digest()).toBe(before)
    expect(await module.get(DataSource).query('SELECT name FROM sqlite_master')).toMatchObject([{ name: 'cars' }])
  })

  it.each<[object, string]>([
    [
      { creatTable: true },
      'creatTable does not exist; there are createTable, dataSource, outbox, type, .*; did you mean createTable\\?',
    ],
    [{ datasource: 'shop' }, 'datasource does not exist; there are .*; did you mean dataSource\\?'],
    [{ type: 'postgres', writer: 3 }, 'writer does not exist; there are .*; did you mean writers\\?'],
    [{ poolSize: 5 }, 'poolSize does not exist; there are [^;]*'],
    [{ createTable: 'no' }, 'createTable must be true or false'],
    [{ dataSource: '' }, "dataSource must be the name of a DataSource, such as 'shop'"],
  ])('given %o keeps the app from starting, in one line with a hint', async (options, line) => {
    const module = Test.createTestingModule({ imports: [TypeOrmStorageModule.forRoot(options)] }).compile()
    await expect(module).rejects.toThrow(new RegExp(`^TypeOrm(?:StorageModule|Outbox) option ${line}$`))
  })

  it('of two apps in one process know nothing of each other', async () => {
    const apps = await Promise.all(
      [folder(), folder()].map((path) => app([hostModule(join(path, 'app.sqlite')), TypeOrmStorageModule.forRoot()])),
    )
    const [one, other] = apps.map(({ storage }) => storage) as [Storage, Storage]
    const infos = await Promise.all([one.start(), other.start()])
    expect(infos[0].epoch).not.toBe(infos[1].epoch)
    await one.commit([say('a')])
    expect((await other.timelines.inbox('bob', 0, 10)).head).toBe(0)
    await Promise.all([one.stop(), other.stop()])
  })

  it('takes a file by name, without a DataSource, also from a factory', async () => {
    const database = join(folder(), 'chat.sqlite')
    const { storage } = await app([
      TypeOrmStorageModule.forRootAsync({
        imports: [config(database)],
        inject: ['file'],
        useFactory: (file: string) => ({ database: file, tablePrefix: 'chat_' }),
      }),
    ])
    await storage.start()
    await storage.stop()
    expect(existsSync(database)).toBe(true)
  })

  it('without a DataSource and a file says in one line what to do', async () => {
    const { storage } = await app([TypeOrmStorageModule.forRoot()])
    await expect(storage.start()).rejects.toThrow(
      /^TypeOrmStorageModule finds no DataSource: import TypeOrmModule\.forRoot.*database: [^\n]*$/,
    )
  })

  it('the remedy that is named beside a DataSource of another kind is taken, and within() says why it cannot', async () => {
    for (const options of [{ type: 'mssql' }, { type: 'better-sqlite3', database: ':memory:' }]) {
      const module = await Test.createTestingModule({
        imports: [
          {
            module: ConfigModule,
            global: true,
            providers: [{ provide: DataSource, useValue: { options } }],
            exports: [DataSource],
          },
          TypeOrmStorageModule.forRoot({ database: join(folder(), 'app.im.sqlite') }),
        ],
      }).compile()
      const storage = module.get<Storage>(tokens.storage, { strict: false })
      const outbox = module.get<Outbox>(tokens.outbox, { strict: false })
      await storage.start()
      await outbox.start()
      expect(await outbox.read(10)).toEqual([])
      await expect(outbox.put({}, [])).rejects.toThrow(/^within\(\) cannot put a message into the app's DataSource: /)
      await outbox.stop()
      await storage.stop()
    }
  })

  it('stands beside the DataSource that it is given the name of, and takes no transaction of another', async () => {
    const path = folder()
    const options = { type: 'better-sqlite3', driver: libsql, synchronize: true } as const
    const module = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({ ...options, database: join(path, 'other.sqlite') }),
        TypeOrmModule.forRoot({ ...options, name: 'shop', database: join(path, 'shop.sqlite') }),
        TypeOrmStorageModule.forRoot({ dataSource: 'shop' }),
      ],
    }).compile()
    await module.init()
    onTestFinished(() => module.close())
    const storage = module.get<Storage>(tokens.storage, { strict: false })
    const outbox = module.get<Outbox>(tokens.outbox, { strict: false })
    await storage.start()
    await outbox.start()
    expect(existsSync(join(path, 'shop.im.sqlite'))).toBe(true)
    const [shop, other] = [module.get<DataSource>(getDataSourceToken('shop')), module.get(DataSource)]
    const row = { id: 'row' as MessageId, request: '{}' as JsonText }
    await shop.transaction((tx) => outbox.put(tx, [row]))
    expect(await shop.query('SELECT id FROM im_outbox')).toEqual([{ id: 'row' }])
    await expect(other.transaction((tx) => outbox.put(tx, [row]))).rejects.toThrow(
      /^within\(\) was given a transaction of the DataSource 'default', and the outbox is in 'shop': [^\n]*$/,
    )
    await outbox.stop()
    await storage.stop()
  })

  it('a name that no DataSource has, and a DataSource whose name was not given, are one line each', async () => {
    const named = TypeOrmModule.forRoot({
      type: 'better-sqlite3',
      name: 'shop',
      driver: libsql,
      database: join(folder(), 'shop.sqlite'),
    })
    const none = await app([named, TypeOrmStorageModule.forRoot()])
    await expect(none.storage.start()).rejects.toThrow(
      /finds no DataSource: [^\n]*forRoot\({ dataSource: 'name' }\) where it has a name/,
    )
    const outbox = none.module.get<Outbox>(tokens.outbox, { strict: false })
    await outbox.start()
    await expect(outbox.put({}, [])).rejects.toThrow(
      /TypeOrmStorageModule\.forRoot\({ dataSource: 'name' }\) where yours has a name/,
    )
    const wrong = await app([named, TypeOrmStorageModule.forRoot({ dataSource: 'shpo' })])
    await expect(wrong.storage.start()).rejects.toThrow(
      /^TypeOrmStorageModule finds no DataSource of the name 'shpo': [^\n]*$/,
    )
  })

  it('beside a DataSource of another kind says in one line which is supported', async () => {
    const host = { options: { type: 'mssql' } } as DataSource
    const { storage } = await app([
      TypeOrmStorageModule.forRoot(),
      { module: ConfigModule, providers: [{ provide: DataSource, useValue: host }] },
    ])
    await expect(storage.start()).rejects.toThrow(/^the app's DataSource is of type 'mssql'; chat is stored in SQLite/)
  })
})
