// Orders in MikroORM. The page docs/orms.md shows this file.
import { Inject, Injectable } from '@nestjs/common'
import { EntitySchema, type MikroORM } from '@mikro-orm/core'
import type { PostgreSqlDriver, SqlEntityManager } from '@mikro-orm/postgresql'
import { ImService } from '@rookery/nest-adapter'
import type { SqlTransactions } from '@rookery/storage-typeorm'

export class Order {
  readonly id!: number

  constructor(
    readonly buyer: string,
    readonly car: string,
  ) {}
}

export const orderSchema = new EntitySchema({
  class: Order,
  tableName: 'orders',
  properties: { id: { type: Number, primary: true }, buyer: { type: String }, car: { type: String } },
})

export const outbox: SqlTransactions<SqlEntityManager> = {
  // Without the context, MikroORM runs the statement outside of the transaction.
  run: (em, sql, values) =>
    em.getConnection().execute(sql.replaceAll(/\$\d+/g, '?'), values, 'run', em.getTransactionContext()),
  isRunning: (em) => em.isInTransaction(),
}

@Injectable()
export class OrderService {
  constructor(
    @Inject('DB') private readonly db: MikroORM<PostgreSqlDriver>,
    private readonly im: ImService,
  ) {}

  place(buyer: string, seller: string, car: string): Promise<void> {
    return this.db.em.fork().transactional(async (em) => {
      em.persist(new Order(buyer, car))
      await this.im.within(em).sendC2C({ from: buyer, to: seller, type: 'order', content: { car } })
    })
  }
}
