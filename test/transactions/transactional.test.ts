// A host whose transactions are those of @nestjs-cls/transactional: nothing is passed, and chat finds the one that runs.
import 'reflect-metadata'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Injectable, Module } from '@nestjs/common'
import { Test, type TestingModule } from '@nestjs/testing'
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm'
import { ClsPluginTransactional, Transactional, TransactionHost } from '@nestjs-cls/transactional'
import { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm'
import { ImService, RookeryModule } from '@rookery/nest-adapter'
import { TypeOrmStorageModule } from '@rookery/storage-typeorm/nest'
import libsql from 'libsql'
import { ClsModule } from 'nestjs-cls'
import { EntitySchema, type DataSource } from 'typeorm'
import { afterEach, beforeEach, expect, it } from 'vitest'

const Order = new EntitySchema<{ id?: number; what: string }>({
  name: 'order_of_the_host',
  columns: { id: { type: Number, primary: true, generated: true }, what: { type: String } },
})

@Injectable()
class OrderService {
  constructor(
    private readonly im: ImService,
    private readonly host: TransactionHost<TransactionalAdapterTypeOrm>,
  ) {}

  @Transactional()
  async place(what: string): Promise<void> {
    await this.host.tx.getRepository(Order).save({ what })
    await this.im.within().sendC2C({ from: 'ann', to: 'bob', type: 'order', content: { what } })
    if (what === 'fails') throw new Error('fails')
  }

  async outside(): Promise<void> {
    await this.im.within().sendC2C({ from: 'ann', to: 'bob', type: 'order', content: {} })
  }
}

let folder: string
let app: TestingModule

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rookery-cls-'))
  const database = join(folder, 'app.sqlite')

  @Module({
    imports: [
      TypeOrmModule.forRoot({ type: 'better-sqlite3', driver: libsql, database, entities: [Order], synchronize: true }),
      ClsModule.forRoot({
        plugins: [
          new ClsPluginTransactional({
            imports: [TypeOrmModule],
            adapter: new TransactionalAdapterTypeOrm({ dataSourceToken: getDataSourceToken() }),
          }),
        ],
      }),
      TypeOrmStorageModule.forRoot(),
      RookeryModule.forRoot({ authenticate: ({ token }) => ({ userId: token }) }),
    ],
    providers: [OrderService],
  })
  class AppModule {}

  app = await Test.createTestingModule({ imports: [AppModule] }).compile()
  await app.init()
})
afterEach(async () => {
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

it('the running transaction is found: row and message together, or neither', async () => {
  const orders = app.get(OrderService)
  const im = app.get(ImService)
  await expect(orders.place('fails')).rejects.toThrow('fails')
  await orders.place('car')
  await expect(orders.outside()).rejects.toThrow(TypeError)
  const conversationId = im.conversationId('ann', 'bob')
  const whats = async (): Promise<unknown[]> =>
    (await im.history({ conversationId }).catch(() => ({ messages: [] }))).messages.map(({ content }) => content)
  await expect.poll(whats, { timeout: 5000 }).toEqual([{ what: 'car' }])
  const saved = await app.get<DataSource>(getDataSourceToken()).getRepository(Order).find()
  expect(saved.map(({ what }) => what)).toEqual(['car'])
})
