// Orders in Knex. The page docs/orms.md shows this file.
import { Inject, Injectable } from '@nestjs/common'
import { ImService } from '@rookery/nest-adapter'
import type { SqlTransactions } from '@rookery/storage-typeorm'
import type { Knex } from 'knex'

export const outbox: SqlTransactions<Knex.Transaction> = {
  // Knex takes values at `?`, on PostgreSQL too.
  run: (tx, sql, values) => tx.raw(sql.replaceAll(/\$\d+/g, '?'), values),
  isRunning: (tx) => tx.isTransaction === true && !tx.isCompleted(),
}

@Injectable()
export class OrderService {
  constructor(
    @Inject('DB') private readonly db: Knex,
    private readonly im: ImService,
  ) {}

  place(buyer: string, seller: string, car: string): Promise<void> {
    return this.db.transaction(async (tx) => {
      await tx('orders').insert({ buyer, car })
      await this.im.within(tx).sendC2C({ from: buyer, to: seller, type: 'order', content: { car } })
    })
  }
}
