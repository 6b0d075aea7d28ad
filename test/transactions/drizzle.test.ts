// A host on Drizzle that uses the transactions of @nestjs-cls/transactional: it passes none, and chat finds the running
// one. Chat does not know the adapter: it takes whatever stands for a transaction in it.
import 'reflect-metadata'
import { Global, Injectable, Module } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { ClsPluginTransactional, Transactional, TransactionHost } from '@nestjs-cls/transactional'
import { TransactionalAdapterDrizzleOrm } from '@nestjs-cls/transactional-adapter-drizzle-orm'
import { ImService, RookeryModule } from '@rookery/nest-adapter'
import { TypeOrmStorageModule } from '@rookery/storage-typeorm/nest'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { ClsModule } from 'nestjs-cls'
import pg from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import {
  ask,
  describeOnPostgres,
  everybodyGone,
  freshDatabase,
  urlOf,
} from '../../packages/storage-typeorm/testing/postgres.js'
import { orders, outbox } from '../orms/drizzle.js'
import { messagesIn, ordersTable } from '../orms/hosts.js'

@Injectable()
class OrderService {
  constructor(
    private readonly im: ImService,
    private readonly host: TransactionHost<TransactionalAdapterDrizzleOrm<NodePgDatabase>>,
  ) {}

  @Transactional()
  async place(car: string): Promise<void> {
    await this.host.tx.insert(orders).values({ buyer: 'ann', car })
    await this.say(car)
  }

  async say(car: string): Promise<void> {
    await this.im.within().sendC2C({ from: 'ann', to: 'bob', type: 'order', content: { car } })
  }
}

describeOnPostgres('@nestjs-cls/transactional over Drizzle', () => {
  it.each([undefined, 'shop'])('chat finds the running transaction of the connection %s', async (connectionName) => {
    const { where, drop } = await freshDatabase()
    onTestFinished(drop)
    await ask(where, ordersTable)
    const pool = new pg.Pool({ connectionString: urlOf(where) })
    onTestFinished(async () => {
      await pool.end()
      await everybodyGone(where)
    })
    const named = connectionName === undefined ? {} : { connectionName }

    @Global()
    @Module({ providers: [{ provide: 'DB', useValue: drizzle(pool) }], exports: ['DB'] })
    class DatabaseModule {}

    const module = await Test.createTestingModule({
      imports: [
        DatabaseModule,
        ClsModule.forRoot({
          plugins: [
            new ClsPluginTransactional({
              ...named,
              imports: [DatabaseModule],
              adapter: new TransactionalAdapterDrizzleOrm({ drizzleInstanceToken: 'DB' }),
            }),
          ],
        }),
        TypeOrmStorageModule.forRoot({ type: 'postgres', url: urlOf(where), outbox: { ...outbox, ...named } }),
        RookeryModule.forRoot({ authenticate: ({ token }) => ({ userId: token }) }),
      ],
      providers: connectionName === undefined ? [OrderService] : [],
    }).compile()
    await module.init()
    onTestFinished(() => module.close())
    const im = module.get(ImService)
    const said = async () => (await messagesIn(module)).map(({ content }) => content['car'])
    const host = TransactionHost.getInstance(connectionName)
    const place = (car: string): Promise<void> =>
      connectionName === undefined
        ? module.get(OrderService).place(car)
        : host.withTransaction(async () => {
            await (host.tx as NodePgDatabase).insert(orders).values({ buyer: 'ann', car })
            await im.within().sendC2C({ from: 'ann', to: 'bob', type: 'order', content: { car } })
          })
    await place('volvo')
    await expect(place('volvo')).rejects.toThrow()
    await place('saab')
    await expect.poll(said).toEqual(['volvo', 'saab'])
    expect(() => im.within()).toThrow(TypeError)
  })
})
