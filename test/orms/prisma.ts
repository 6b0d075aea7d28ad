// Orders in Prisma. The page docs/orms.md shows this file.
import { Inject, Injectable } from '@nestjs/common'
import { ImService } from '@rookery/nest-adapter'
import type { SqlTransactions } from '@rookery/storage-typeorm'
import type { Prisma, PrismaClient } from './prisma/generated/client.js'

export const outbox: SqlTransactions<Prisma.TransactionClient> = {
  run: (tx, sql, values) => tx.$executeRawUnsafe(sql, ...values),
  // Only the client itself can connect.
  isRunning: (tx) => (tx as Partial<PrismaClient>).$connect === undefined,
}

@Injectable()
export class OrderService {
  constructor(
    @Inject('DB') private readonly db: PrismaClient,
    private readonly im: ImService,
  ) {}

  place(buyer: string, seller: string, car: string): Promise<void> {
    return this.db.$transaction(async (tx) => {
      await tx.order.create({ data: { buyer, car } })
      await this.im.within(tx).sendC2C({ from: buyer, to: seller, type: 'order', content: { car } })
    })
  }
}
