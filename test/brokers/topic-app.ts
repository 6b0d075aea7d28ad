// An app whose topics go to other services.
import 'reflect-metadata'
import type { ModuleMetadata } from '@nestjs/common'
import { ClientsModule, type ClientsModuleOptions } from '@nestjs/microservices'
import { Test } from '@nestjs/testing'
import { MemoryStorageModule, RookeryModule, type TopicRoutes } from '@rookery/nest-adapter'
import { testChat, type TestChat } from '@rookery/nest-adapter/testing'
import { onTestFinished } from 'vitest'

/** Runs until the end of the test. */
export async function startChat(
  clients: ClientsModuleOptions,
  topics: TopicRoutes,
  { providers = [], handlerDeadlineMs = 5000 }: Pick<ModuleMetadata, 'providers'> & { handlerDeadlineMs?: number } = {},
): Promise<TestChat> {
  const module = await Test.createTestingModule({
    imports: [
      ClientsModule.register(clients),
      MemoryStorageModule.forRoot(),
      RookeryModule.forRoot({
        authenticate: ({ token }) => ({ userId: token }),
        rate: 'off',
        timing: { handlerDeadlineMs },
        topics,
      }),
    ],
    providers,
  }).compile()
  onTestFinished(() => module.close())
  await module.init()
  return testChat(module)
}
