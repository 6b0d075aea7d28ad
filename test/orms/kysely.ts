// Orders in Kysely. The page docs/orms.md shows this file.
import { Inject, Injectable } from '@nestjs/common'
import { ImService } from '@rookery/nest-adapter'
import type { SqlTransactions } from '@rookery/storage-typeorm'
import { CompiledQuery, type Generated, type Kysely, type Transaction } from 'kysely'

export interface Database {
  readonly orders: { readonly id: Generated<number>; readonly buyer: string; readonly car: string }
}

export const outbox: SqlTransactions<Transaction<Database>> = {
  run: (tx, sql, values) => tx.executeQuery(CompiledQuery.raw(sql, values)),
  isRunning: (tx) => tx.isTransaction,
}

@Injectable()
export class OrderService {
  constructor(
    @Inject('DB') private readonly db: Kysely<Database>,
    private readonly im: ImService,
  ) {}

  place(buyer: string, seller: string, car: string): Promise<void> {
    return this.db.transaction().execute(async (tx) => {
      await tx.insertInto('orders').values({ buyer, car }).execute()
      await this.im.within(tx).sendC2C({ from: buyer, to: seller, type: 'order', content: { car } })
    })
  }
}
