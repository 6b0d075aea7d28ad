// An app with chat that answers message patterns, and a client of it, over each transport.
import 'reflect-metadata'
import { Module, type ModuleMetadata, type INestApplication } from '@nestjs/common'
import {
  type ClientProxy,
  ClientProxyFactory,
  type ClientOptions,
  type MicroserviceOptions,
  Transport,
} from '@nestjs/microservices'
import { Test } from '@nestjs/testing'
import { MemoryStorageModule, RookeryModule } from '@rookery/nest-adapter'
import { ImClient } from '@rookery/nest-adapter/client'
import { ImPatternsModule, type ImPatternsOptions } from '@rookery/nest-adapter/patterns'
import { onTestFinished } from 'vitest'

export interface Line {
  readonly server: MicroserviceOptions
  readonly client: ClientOptions
}

export const overTcp = (port: number): Line => {
  const options = { host: '127.0.0.1', port }
  return { server: { transport: Transport.TCP, options }, client: { transport: Transport.TCP, options } }
}

export const overNats = (url: string): Line => {
  const options = { servers: [url] }
  return {
    server: { transport: Transport.NATS, options: { ...options, queue: 'chat' } },
    client: { transport: Transport.NATS, options },
  }
}

export const overRabbitMq = (url: string, queue: string, options: { readonly noAck?: boolean } = {}): Line => {
  const shared = { urls: [url], queue, queueOptions: { durable: true } }
  return {
    server: { transport: Transport.RMQ, options: { ...shared, ...options } },
    client: { transport: Transport.RMQ, options: { ...shared, persistent: true } },
  }
}

export interface Started {
  readonly app: INestApplication
  readonly proxy: ClientProxy
  readonly client: ImClient
}

/** Both run until the end of the test. */
export async function startServices(
  { server, client }: Line,
  {
    patterns = {},
    inheritAppConfig = false,
    ...metadata
  }: { readonly patterns?: ImPatternsOptions; readonly inheritAppConfig?: boolean } & ModuleMetadata = {},
): Promise<Started> {
  @Module({
    ...metadata,
    imports: [
      ...(metadata.imports ?? [MemoryStorageModule.forRoot()]),
      ImPatternsModule.forRoot(patterns),
      RookeryModule.forRoot({ authenticate: ({ token }) => ({ userId: token }) }),
    ],
  })
  class AppModule {}
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile()
  const app = module.createNestApplication({ logger: false })
  app.connectMicroservice(server, { inheritAppConfig })
  await app.init()
  await app.startAllMicroservices()
  const proxy = ClientProxyFactory.create(client)
  onTestFinished(async () => {
    await proxy.close()
    await app.close()
  })
  return { app, proxy, client: new ImClient(proxy) }
}
