// A host that uses the transactions of @nestjs-cls/transactional, on each database: it passes no transaction, and chat
// finds the running one.
import 'reflect-metadata'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Injectable, Module } from '@nestjs/common'
import { Test, type TestingModule } from '@nestjs/testing'
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm'
import { ClsPluginTransactional, Propagation, Transactional, TransactionHost } from '@nestjs-cls/transactional'
import { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm'
import { ImService, RookeryModule } from '@rookery/nest-adapter'
import { TypeOrmStorageModule } from '@rookery/storage-typeorm/nest'
import libsql from 'libsql'
import { ClsModule } from 'nestjs-cls'
import { EntitySchema, type DataSource, type DataSourceOptions } from 'typeorm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeOnMysql, freshDatabase as freshMysql } from '../../packages/storage-typeorm/testing/mysql.js'
import { describeOnPostgres, freshDatabase as freshPostgres } from '../../packages/storage-typeorm/testing/postgres.js'

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
    await this.put(what)
    if (what === 'fails') throw new Error('fails')
  }

  /** One transaction with two inside it: the first rolls back alone, the second stays. */
  @Transactional()
  async placeWithin(): Promise<void> {
    await this.put('outer')
    await expect(this.placeNested('fails')).rejects.toThrow('fails')
    await this.placeNested('inner')
  }

  @Transactional(Propagation.Nested)
  async placeNested(what: string): Promise<void> {
    await this.place(what)
  }

  async outside(): Promise<void> {
    await this.im.within().sendC2C({ from: 'ann', to: 'bob', type: 'order', content: {} })
  }

  private async put(what: string): Promise<void> {
    await this.host.tx.getRepository(Order).save({ what })
    await this.im.within().sendC2C({ from: 'ann', to: 'bob', type: 'order', content: { what } })
  }
}

interface Place {
  readonly options: DataSourceOptions
  remove(): Promise<void> | void
}

function cases(make: () => Promise<Place> | Place): void {
  let place: Place
  let app: TestingModule
  let orders: OrderService
  beforeEach(async () => {
    place = await make()

    @Module({
      imports: [
        TypeOrmModule.forRoot({ ...place.options, entities: [Order], synchronize: true }),
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
    orders = app.get(OrderService)
  })
  afterEach(async () => {
    await app.close()
    await place.remove()
  })

  const said = async (): Promise<unknown[]> => {
    const im = app.get(ImService)
    const conversationId = im.conversationId('ann', 'bob')
    const { messages } = await im.history({ conversationId }).catch(() => ({ messages: [] }))
    return messages.map(({ content }) => content)
  }
  const saved = async (): Promise<string[]> => {
    const rows = await app
      .get<DataSource>(getDataSourceToken())
      .getRepository(Order)
      .find({ order: { id: 'ASC' } })
    return rows.map(({ what }) => what)
  }

  it('chat finds the running transaction: row and message together, or neither', async () => {
    await expect(orders.place('fails')).rejects.toThrow('fails')
    await orders.place('car')
    await expect(orders.outside()).rejects.toThrow(TypeError)
    await expect.poll(said, { timeout: 5000 }).toEqual([{ what: 'car' }])
    expect(await saved()).toEqual(['car'])
  })

  it('an inner transaction that rolls back removes only its own', async () => {
    await orders.placeWithin()
    await expect.poll(said, { timeout: 5000 }).toEqual([{ what: 'outer' }, { what: 'inner' }])
    expect(await saved()).toEqual(['outer', 'inner'])
  })
}

describe('@Transactional() on SQLite', () => {
  cases(() => {
    const folder = mkdtempSync(join(tmpdir(), 'rookery-cls-'))
    const database = join(folder, 'app.sqlite')
    return {
      options: { type: 'better-sqlite3', driver: libsql, database },
      remove: () => rmSync(folder, { recursive: true, force: true }),
    }
  })
})

const onServer = (type: 'postgres' | 'mysql', fresh: typeof freshPostgres | typeof freshMysql) => async () => {
  const { where, drop } = await fresh()
  return { options: { type, ...where } as DataSourceOptions, remove: drop }
}

describeOnPostgres('@Transactional() on PostgreSQL', () => cases(onServer('postgres', freshPostgres)))
describeOnMysql('@Transactional() on MySQL', () => cases(onServer('mysql', freshMysql)))
