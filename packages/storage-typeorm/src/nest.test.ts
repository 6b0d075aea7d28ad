import 'reflect-metadata'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Module, type DynamicModule } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { TypeOrmModule } from '@nestjs/typeorm'
import { tokens, type Storage } from '@rookery/core'
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

  it('beside a DataSource of another kind says in one line which is supported', async () => {
    const host = { options: { type: 'mssql' } } as DataSource
    const { storage } = await app([
      TypeOrmStorageModule.forRoot(),
      { module: ConfigModule, providers: [{ provide: DataSource, useValue: host }] },
    ])
    await expect(storage.start()).rejects.toThrow(/^the app's DataSource is of type 'mssql'; chat is stored in SQLite/)
  })
})
