import 'reflect-metadata'
import { Test } from '@nestjs/testing'
import { TypeOrmModule } from '@nestjs/typeorm'
import { tokens, type Storage } from '@rookery/core'
import { DataSource } from 'typeorm'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { ask, describeOnMysql, freshDatabase } from '../../testing/mysql.js'
import { say } from '../../testing/scene.js'
import { TypeOrmStorageModule } from '../nest.js'

describeOnMysql('the storage module on MySQL', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
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
    const { host, port, username = 'root', database: name } = database.where
    const own = TypeOrmModule.forRoot({
      type: 'mysql',
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
      username,
      database: name,
      synchronize: true,
    })
    const { module, storage } = await app(TypeOrmStorageModule.forRoot({ type: 'mysql', readers: 1 }), own)
    await storage.start()
    expect(await storage.commit([say('a')])).toMatchObject([{ seq: 1 }])
    await module.get(DataSource).synchronize()
    expect(await storage.commit([say('b')])).toMatchObject([{ seq: 2 }])
    await storage.stop()
    expect(await ask(database.where, 'SELECT COUNT(*) AS n FROM im_message')).toEqual([{ n: 2 }])
  })

  it('takes a database by name, without a DataSource', async () => {
    const options = { type: 'mysql', ...database.where, tablePrefix: 'chat_' } as const
    const { storage } = await app(TypeOrmStorageModule.forRoot(options))
    await storage.start()
    await storage.stop()
    expect(await ask(database.where, 'SELECT COUNT(*) AS n FROM chat_message')).toEqual([{ n: 0 }])
  })

  it('a kind that is not that of the DataSource is one line', async () => {
    const { storage } = await app(TypeOrmStorageModule.forRoot({ type: 'mysql', readers: 1 }), {
      module: class Host {},
      providers: [{ provide: DataSource, useValue: { options: { type: 'better-sqlite3' } } }],
    })
    await expect(storage.start()).rejects.toThrow(
      /^TypeOrmStorageModule option type is 'mysql' and the app's DataSource/,
    )
  })
})
