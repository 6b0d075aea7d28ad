// One node of several: a Nest app with chat on PostgreSQL and Redis, as a host writes it, and devices without a network.
import { ImService, RookeryModule, type RookeryModuleOptions } from '@rookery/nest-adapter'
import { testChat, type TestChat } from '@rookery/nest-adapter/testing'
import { RedisPresenceModule } from '@rookery/presence-redis/nest'
import { TypeOrmStorageModule, type TypeOrmStorageModuleOptions } from '@rookery/storage-typeorm/nest'
import { Test } from '@nestjs/testing'

export interface NodeApp {
  readonly chat: TestChat
  readonly im: ImService
  close(): Promise<void>
}

/** Groups above this size are fanned out on read. */
export const readAbove = 5

/** Starts a node. Every token is its user's id. */
export async function startNode(
  database: TypeOrmStorageModuleOptions,
  redis: string,
  options: Partial<RookeryModuleOptions> = {},
): Promise<NodeApp> {
  const module = await Test.createTestingModule({
    imports: [
      TypeOrmStorageModule.forRoot(database),
      RedisPresenceModule.forRoot({ url: redis }),
      RookeryModule.forRoot({
        authenticate: ({ token }) => ({ userId: token }),
        fanout: { readAbove },
        rate: 'off',
        ...options,
      }),
    ],
  })
    .setLogger({ log() {}, warn() {}, error() {} })
    .compile()
  await module.init()
  return { chat: testChat(module), im: module.get(ImService), close: () => module.close() }
}

/** Waits for a condition; half a minute is for machines that are busy. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 30_000): Promise<void> {
  for (const began = performance.now(); performance.now() - began < withinMs;) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`it did not come to that within ${withinMs} ms`)
}
