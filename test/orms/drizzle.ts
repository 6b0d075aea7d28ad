// Orders in Drizzle. The page docs/orms.md shows this file.
import { Inject, Injectable } from '@nestjs/common'
import { ImService } from '@rookery/nest-adapter'
import type { SqlTransactions } from '@rookery/storage-typeorm'
import { is, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { integer, type PgDatabase, type PgQueryResultHKT, PgTransaction, pgTable, text } from 'drizzle-orm/pg-core'

export const orders = pgTable('orders', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  buyer: text().notNull(),
  car: text().notNull(),
})

export const outbox: SqlTransactions<PgDatabase<PgQueryResultHKT>> = {
  // Drizzle builds a statement from its parts and the values between them.
  run: (tx, text, values) => {
    const parts = text.split(/\$\d+/).map((part) => sql.raw(part))
    return tx.execute(sql.join(parts.flatMap((part, i) => (i < values.length ? [part, sql`${values[i]}`] : [part]))))
  },
  isRunning: (tx) => is(tx, PgTransaction),
}

@Injectable()
export class OrderService {
  constructor(
    @Inject('DB') private readonly db: NodePgDatabase,
    private readonly im: ImService,
  ) {}

  place(buyer: string, seller: string, car: string): Promise<void> {
    return this.db.transaction(async (tx) => {
      await tx.insert(orders).values({ buyer, car })
      await this.im.within(tx).sendC2C({ from: buyer, to: seller, type: 'order', content: { car } })
    })
  }
}
