import { once } from 'node:events'
import type { Server } from 'node:http'
import {
  ForbiddenException,
  HttpException,
  Injectable,
  Module,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type OnModuleInit,
  ServiceUnavailableException,
  UnauthorizedException,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { IoAdapter } from '@nestjs/platform-socket.io'
import { Test, type TestingModule } from '@nestjs/testing'
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { io } from 'socket.io-client'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { connect, urlOf } from '../testing/client.js'
import {
  ImService,
  MemoryStorageModule,
  RookeryModule,
  type RookeryModuleOptions,
  type RookeryOptionsFactory,
} from './index.js'

const authenticate: RookeryModuleOptions['authenticate'] = ({ token }) => (token === 'no' ? null : { userId: token })
const options: RookeryModuleOptions = { authenticate }

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.allSettled(open.splice(0).map((app) => app.close()))
})

const compile = async (metadata: ModuleMetadata): Promise<TestingModule> => {
  const module = await Test.createTestingModule(metadata).setLogger(false).compile()
  open.push(module)
  return module
}

/** Starts an app with these imports on a free port. */
async function start(
  metadata: ModuleMetadata,
): Promise<{ url: string; module: TestingModule; close(): Promise<void> }> {
  const module = await compile(metadata)
  const app = module.createNestApplication({ forceCloseConnections: true, logger: false })
  app.useWebSocketAdapter(new IoAdapter(app))
  open.push(app)
  await app.listen(0, '127.0.0.1')
  return { url: urlOf(app.getHttpServer() as Server), module, close: () => app.close() }
}

/** The error with which these imports fail to start. */
async function failure(metadata: ModuleMetadata): Promise<string> {
  const error: unknown = await start(metadata).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return error instanceof Error ? error.message : 'it started'
}

describe('RookeryModule wiring', () => {
  it('finds the storage whether its module is imported before or after', async () => {
    const before = await start({ imports: [MemoryStorageModule.forRoot(), RookeryModule.forRoot(options)] })
    const after = await start({ imports: [RookeryModule.forRoot(options), MemoryStorageModule.forRoot()] })
    expect((await connect(before.url, 'ann')).ready.userId).toBe('ann')
    expect((await connect(after.url, 'ann')).ready.userId).toBe('ann')
  })

  it('finds the storage in a module that another one imports', async () => {
    @Module({ imports: [MemoryStorageModule.forRoot()] })
    class DatabaseModule {}
    const { url } = await start({ imports: [RookeryModule.forRoot(options), DatabaseModule] })
    expect((await connect(url, 'ann')).ready.userId).toBe('ann')
  })

  it('does not start without a storage, and one line says what to import', async () => {
    const line = await failure({ imports: [RookeryModule.forRoot(options)] })
    expect(line).toMatch(/^Rookery has no storage: import .*TypeOrmStorageModule\.forRoot\(\).*MemoryStorageModule/)
    expect(line).not.toContain('\n')
  })

  it('does not start with two storages, and one line names their modules', async () => {
    const line = await failure({
      imports: [MemoryStorageModule.forRoot(), RookeryModule.forRoot(options), MemoryStorageModule.forRoot()],
    })
    expect(line).toMatch(
      /^Rookery has 2 providers of storage \(from MemoryStorageModule, MemoryStorageModule\): import one/,
    )
    expect(line).not.toContain('\n')
  })

  it('does not start when it is imported twice', async () => {
    const line = await failure({
      imports: [MemoryStorageModule.forRoot(), RookeryModule.forRoot(options), RookeryModule.forRoot({ authenticate })],
    })
    expect(line).toMatch(/^RookeryModule is imported twice: import it once/)
  })

  it.each<[string, object, RegExp]>([
    [
      'an option that does not exist',
      { authenticate, limit: 1 },
      /option limit does not exist: known are .*authenticate/,
    ],
    [
      'a port among the options',
      { authenticate, storage: {} },
      /option storage is not given here: adapters provide it/,
    ],
    [
      'an option whose name is nearly right',
      { authenticat: authenticate },
      /option authenticat does not exist: known are .*; did you mean authenticate\?$/,
    ],
    [
      'an option of the transport whose name is nearly right',
      { authenticate, orgins: ['*'] },
      /option orgins does not exist: known are .*; did you mean origins\?$/,
    ],
    [
      'a limit whose name is nearly right',
      { authenticate, limits: { contentByte: 1 } },
      /option limits\.contentByte does not exist: known are .*; did you mean contentBytes\?$/,
    ],
    ['a missing authenticate', {}, /option authenticate is not a function: give/],
    ['a limit of the wrong type', { authenticate, limits: { pull: 'many' } }, /limits\.pull is not a whole number/],
    ['a path of the wrong form', { authenticate, path: 'chat' }, /path must look like "\/socket\.io", not "chat"/],
    [
      'origins of the wrong form',
      { authenticate, origins: ['shop.example'] },
      /"shop\.example" must be an origin such as/,
    ],
  ])('does not start with %s, and one line names the remedy', async (_, wrong, expected) => {
    const imports = [MemoryStorageModule.forRoot(), RookeryModule.forRoot(wrong as RookeryModuleOptions)]
    const line = await failure({ imports })
    expect(line).toMatch(expected)
    expect(line).not.toContain('\n')
  })

  it('does not start when the factory of the options returns nothing', async () => {
    const useFactory = (): RookeryModuleOptions => undefined as unknown as RookeryModuleOptions
    const line = await failure({ imports: [MemoryStorageModule.forRoot(), RookeryModule.forRootAsync({ useFactory })] })
    expect(line).toMatch(/^RookeryModule got no options: return them from useFactory/)
  })

  it('takes its options by useClass or useExisting', async () => {
    @Injectable()
    class ChatOptions implements RookeryOptionsFactory {
      createRookeryOptions(): RookeryModuleOptions {
        return { authenticate, path: '/chat' }
      }
    }
    @Module({ providers: [ChatOptions], exports: [ChatOptions] })
    class ConfigModule {}
    const own = await start({
      imports: [MemoryStorageModule.forRoot(), RookeryModule.forRootAsync({ useClass: ChatOptions })],
    })
    const existing = await start({
      imports: [
        MemoryStorageModule.forRoot(),
        RookeryModule.forRootAsync({ imports: [ConfigModule], useExisting: ChatOptions }),
      ],
    })
    for (const { url } of [own, existing])
      expect((await connect(url, 'ann', { path: '/chat' })).ready.userId).toBe('ann')
  })
})

describe('ImService', () => {
  it('is injected into the service that authenticate needs, without a cycle', async () => {
    @Injectable()
    class AuthService {
      constructor(readonly im: ImService) {}
      who(token: string): { userId: string } {
        return { userId: `${token}-on-${this.im.nodeId}` }
      }
    }
    @Module({ providers: [AuthService], exports: [AuthService] })
    class AuthModule {}
    const { url } = await start({
      imports: [
        MemoryStorageModule.forRoot(),
        AuthModule,
        RookeryModule.forRootAsync({
          imports: [AuthModule],
          inject: [AuthService],
          useFactory: (auth: AuthService) => ({ authenticate: ({ token }) => auth.who(token), nodeId: 'n1' }),
        }),
      ],
    })
    expect((await connect(url, 'ann')).ready.userId).toBe('ann-on-n1')
  })

  it('says that it is too early while the app is being built', async () => {
    const seen: string[] = []
    @Injectable()
    class Early {
      constructor(im: ImService) {
        try {
          seen.push(im.nodeId)
        } catch (error) {
          seen.push((error as Error).message)
        }
      }
    }
    await start({ imports: [MemoryStorageModule.forRoot(), RookeryModule.forRoot(options)], providers: [Early] })
    expect(seen).toEqual([
      expect.stringMatching(/^ImService is not ready before the app has started: call it in onApp/),
    ])
  })

  it("can be used from onApplicationBootstrap of the host's providers on", async () => {
    let healthy: boolean | undefined
    @Injectable()
    class Greeter implements OnApplicationBootstrap {
      constructor(private readonly im: ImService) {}
      async onApplicationBootstrap(): Promise<void> {
        healthy = (await this.im.health()).ok
      }
    }
    await start({ imports: [RookeryModule.forRoot(options), MemoryStorageModule.forRoot()], providers: [Greeter] })
    expect(healthy).toBe(true)
  })

  it('tells health and where clients may connect', async () => {
    const { module } = await start({
      imports: [
        MemoryStorageModule.forRoot(),
        RookeryModule.forRoot({ ...options, nodeId: 'n1', url: 'https://one.example' }),
      ],
    })
    const im = module.get(ImService)
    expect(im.nodeId).toBe('n1')
    expect(await im.health()).toMatchObject({ ok: true, parts: { storage: { ok: true } } })
    await vi.waitFor(async () =>
      expect(await im.endpoints()).toEqual([{ nodeId: 'n1', url: 'https://one.example', sessions: 0 }]),
    )
  })
})

describe('a running app', () => {
  it('carries messages between two users', async () => {
    const { url } = await start({ imports: [MemoryStorageModule.forRoot(), RookeryModule.forRoot(options)] })
    const [ann, bob] = await Promise.all([connect(url, 'ann'), connect(url, 'bob')])
    const request = { clientMsgId: 'm1', to: 'bob', type: 'text', content: { text: 'hello' } }
    expect(await ann.ask('c2c', request)).toMatchObject({ ok: true, data: { seq: 1, duplicate: false } })
    await vi.waitFor(() =>
      expect(bob.events.filter(({ event }) => event === 'entries')).toMatchObject([
        { payload: { entries: [{ kind: 'message', message: { from: 'ann', content: { text: 'hello' } } }] } },
      ]),
    )
  })

  it("leaves the host's own gateway on the same server alone", async () => {
    @WebSocketGateway()
    class HostGateway {
      @SubscribeMessage('ping')
      ping(): string {
        return 'pong'
      }
    }
    const { url } = await start({
      imports: [MemoryStorageModule.forRoot(), RookeryModule.forRoot({ ...options, path: '/chat' })],
      providers: [HostGateway],
    })
    const host = io(url, { transports: ['websocket'], forceNew: true, reconnection: false })
    try {
      expect(await host.timeout(5000).emitWithAck('ping', null)).toBe('pong')
      expect((await connect(url, 'ann', { path: '/chat' })).ready.userId).toBe('ann')
    } finally {
      host.close()
    }
  })

  it('works on Fastify', async () => {
    const module = await compile({ imports: [MemoryStorageModule.forRoot(), RookeryModule.forRoot(options)] })
    const app = module.createNestApplication(new FastifyAdapter({ forceCloseConnections: true }))
    open.push(app)
    await app.listen(0, '127.0.0.1')
    expect((await connect(urlOf(app.getHttpServer() as Server), 'ann')).ready.userId).toBe('ann')
  })

  it('without an HTTP server serves no clients, but its services work', async () => {
    const app = await NestFactory.createApplicationContext(
      { module: class Root {}, imports: [MemoryStorageModule.forRoot(), RookeryModule.forRoot(options)] },
      { logger: false, abortOnError: false },
    )
    open.push(app)
    expect((await app.get(ImService).health()).ok).toBe(true)
  })

  it('keeps two apps in one process apart', async () => {
    const one = await start({ imports: [MemoryStorageModule.forRoot(), RookeryModule.forRoot(options)] })
    const two = await start({ imports: [MemoryStorageModule.forRoot(), RookeryModule.forRoot(options)] })
    const [ann, bob] = [await connect(one.url, 'ann'), await connect(two.url, 'bob')]
    expect(ann.ready.nodeId).not.toBe(bob.ready.nodeId)
    await ann.ask('c2c', { clientMsgId: 'm1', to: 'bob', type: 'text', content: { text: 'hello' } })
    expect(await bob.ask('pull', { since: 0 })).toMatchObject({ ok: true, data: { entries: [], more: false } })
    await two.close()
    expect((await one.module.get(ImService).health()).ok).toBe(true)
    expect(await ann.ask('time', { t0: 1 })).toMatchObject({ ok: true })
  })

  it.each<[string, () => unknown, string]>([
    ['returns null', () => null, 'UNAUTHENTICATED'],
    ['throws a 401', () => Promise.reject(new UnauthorizedException()), 'UNAUTHENTICATED'],
    ['throws a 403', () => Promise.reject(new ForbiddenException()), 'FORBIDDEN'],
    ['throws a 429', () => Promise.reject(new HttpException('later', 429)), 'RATE_LIMITED'],
    ['throws another 4xx', () => Promise.reject(new HttpException('a teapot', 418)), 'REJECTED'],
    ['throws something with a status of 4xx', () => Promise.reject({ status: 401 }), 'UNAUTHENTICATED'],
    ['throws anything else', () => Promise.reject(new Error('no such token')), 'UNAVAILABLE'],
    ['returns nothing', () => undefined, 'UNAVAILABLE'],
    ['throws a 503', () => Promise.reject(new ServiceUnavailableException()), 'UNAVAILABLE'],
  ])('refuses a client whose authenticate %s', async (_, answer, code) => {
    const wrong = { authenticate: answer } as RookeryModuleOptions
    const { url } = await start({ imports: [MemoryStorageModule.forRoot(), RookeryModule.forRoot(wrong)] })
    await expect(connect(url, 'ann')).rejects.toMatchObject({ data: { code } })
  })

  it('tells clients to reconnect elsewhere when it shuts down, and then closes', async () => {
    const app = await start({ imports: [MemoryStorageModule.forRoot(), RookeryModule.forRoot(options)] })
    const ann = await connect(app.url, 'ann')
    const gone = once(ann.socket, 'disconnect')
    const began = performance.now()
    await app.close()
    await gone
    expect(ann.events.at(-1)).toMatchObject({ event: 'reconnect', payload: { afterMs: expect.any(Number) } })
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  it('can be closed though it failed to start', async () => {
    @Injectable()
    class Failing implements OnModuleInit {
      onModuleInit(): void {
        throw new Error('the host failed')
      }
    }
    const module = await compile({
      imports: [MemoryStorageModule.forRoot(), RookeryModule.forRoot(options)],
      providers: [Failing],
    })
    const app = module.createNestApplication()
    await expect(app.init()).rejects.toThrow('the host failed')
    await app.close()
  })
})
