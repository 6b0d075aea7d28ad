// The storage module in a Nest app whose database is on a server.
import 'reflect-metadata'
import { Test } from '@nestjs/testing'
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm'
import { tokens, type Storage } from '@rookery/core'
import { DataSource } from 'typeorm'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { TypeOrmStorageModule } from '../src/nest.js'
import { say } from './scene.js'
import type { ServerDatabase } from './server-database.js'

export function nestTrials(freshDatabase: () => Promise<ServerDatabase>): void {
  let database: ServerDatabase
  beforeAll(async () => {
    database = await freshDatabase()
  })
  afterAll(() => database.drop())

  const app = async (...imports: Parameters<typeof Test.createTestingModule>[0]['imports'] & unknown[]) => {
    const module = await Test.createTestingModule({ imports }).compile()
    await module.init()
    onTestFinished(() => module.close())
    return { module, storage: module.get<Storage>(tokens.storage, { strict: false }) }
  }

  it("finds the database of the app's TypeOrmModule, whose `synchronize` leaves chat's tables alone", async () => {
    const own = TypeOrmModule.forRoot({ ...database.options, synchronize: true } as TypeOrmModuleOptions)
    const { module, storage } = await app(
      TypeOrmStorageModule.forRoot({ type: database.options.type, readers: 1 }),
      own,
    )
    await storage.start()
    expect(await storage.commit([say('a')])).toMatchObject([{ seq: 1 }])
    await module.get(DataSource).synchronize()
    expect(await storage.commit([say('b')])).toMatchObject([{ seq: 2 }])
    await storage.stop()
    expect(await database.ask('SELECT seq FROM im_message')).toHaveLength(2)
  })

  it('takes a database by name, without a DataSource', async () => {
    const { storage } = await app(TypeOrmStorageModule.forRoot({ ...database.options, tablePrefix: 'chat_' }))
    await storage.start()
    await storage.stop()
    expect(await database.ask('SELECT seq FROM chat_message')).toEqual([])
  })

  it('a kind that is not that of the DataSource is one line', async () => {
    const { type } = database.options
    const { storage } = await app(TypeOrmStorageModule.forRoot({ type, readers: 1 }), {
      module: class Host {},
      providers: [{ provide: DataSource, useValue: { options: { type: 'better-sqlite3' } } }],
    })
    await expect(storage.start()).rejects.toThrow(
      `TypeOrmStorageModule option type is '${type}' and the app's DataSource`,
    )
  })
}
