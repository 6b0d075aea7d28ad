// One app for each ORM, without TypeORM in the host: the same orders, the same outbox, another way to the database.
import 'reflect-metadata'
import { MikroORM } from '@mikro-orm/core'
import { PostgreSqlDriver } from '@mikro-orm/postgresql'
import { Injectable, Module, type INestApplicationContext, type OnApplicationShutdown, type Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { PrismaPg } from '@prisma/adapter-pg'
import type { Message } from '@rookery/core'
import { ImService, RookeryModule } from '@rookery/nest-adapter'
import { type SqlOutboxModuleOptions, TypeOrmStorageModule } from '@rookery/storage-typeorm/nest'
import { drizzle } from 'drizzle-orm/node-postgres'
import knex from 'knex'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import * as onDrizzle from './drizzle.js'
import * as onKnex from './knex.js'
import * as onKysely from './kysely.js'
import * as onMikroOrm from './mikro-orm.js'
import * as onPrisma from './prisma.js'
import { PrismaClient } from './prisma/generated/client.js'

/** The table of the orders. That a car is sold twice is only noticed at the commit. */
export const ordersTable =
  'CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, buyer text NOT NULL, car text NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED)'

interface Orders {
  place(buyer: string, seller: string, car: string): Promise<void>
}

/** The host's way to its database. */
export interface Database {
  readonly db: unknown
  /** Runs code in a transaction. */
  transaction(work: (tx: unknown) => Promise<void>): Promise<void>
  close(): Promise<void>
}

interface Host {
  readonly outbox: SqlOutboxModuleOptions
  readonly OrderService: Type<Orders>
  open(url: string): Promise<Database>
}

export const hosts: Readonly<Record<string, Host>> = {
  Prisma: {
    ...onPrisma,
    async open(url) {
      const db = new PrismaClient({ adapter: new PrismaPg({ connectionString: url }) })
      return { db, transaction: (work) => db.$transaction(work), close: () => db.$disconnect() }
    },
  },
  Drizzle: {
    ...onDrizzle,
    async open(url) {
      const pool = new pg.Pool({ connectionString: url })
      const db = drizzle(pool)
      return { db, transaction: (work) => db.transaction(work), close: () => pool.end() }
    },
  },
  Knex: {
    ...onKnex,
    async open(url) {
      const db = knex({ client: 'pg', connection: url })
      return { db, transaction: (work) => db.transaction(work), close: () => db.destroy() }
    },
  },
  Kysely: {
    ...onKysely,
    async open(url) {
      const dialect = new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) })
      const db = new Kysely<onKysely.Database>({ dialect })
      return { db, transaction: (work) => db.transaction().execute(work), close: () => db.destroy() }
    },
  },
  MikroORM: {
    ...onMikroOrm,
    async open(url) {
      const entities = [onMikroOrm.orderSchema]
      const db = await MikroORM.init({ driver: PostgreSqlDriver, clientUrl: url, entities })
      return { db, transaction: (work) => db.em.fork().transactional(work), close: () => db.close() }
    },
  },
}

/** Starts the app of one of them. */
export async function startHost(
  name: string,
  url: string,
): Promise<{ readonly app: INestApplicationContext; readonly orders: Orders; readonly database: Database }> {
  const host = hosts[name]!
  const { outbox, OrderService } = host
  const database = await host.open(url)

  @Injectable()
  class Closing implements OnApplicationShutdown {
    onApplicationShutdown(): Promise<void> {
      return database.close()
    }
  }

  @Module({
    imports: [
      TypeOrmStorageModule.forRoot({ type: 'postgres', url, outbox }),
      RookeryModule.forRoot({ authenticate: ({ token }) => ({ userId: token }) }),
    ],
    providers: [OrderService, Closing, { provide: 'DB', useValue: database.db }],
  })
  class AppModule {}

  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] })
  return { app, orders: app.get(OrderService), database }
}

/** What ann and bob have said to one another. */
export async function messagesIn(app: INestApplicationContext): Promise<readonly Message[]> {
  const im = app.get(ImService)
  const conversationId = im.conversationId('ann', 'bob')
  return (await im.history({ conversationId }).catch(() => ({ messages: [] }))).messages
}
