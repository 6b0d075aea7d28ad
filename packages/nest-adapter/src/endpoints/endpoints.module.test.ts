import type { Server } from 'node:http'
import { type CanActivate, type ModuleMetadata, SetMetadata, UseGuards } from '@nestjs/common'
import { APP_GUARD, Reflector } from '@nestjs/core'
import type { INestApplication } from '@nestjs/common'
import { IoAdapter } from '@nestjs/platform-socket.io'
import { Test } from '@nestjs/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { urlOf } from '../../testing/client.js'
import { ImService, MemoryStorageModule, RookeryEndpointsModule, RookeryModule } from '../index.js'

const open: INestApplication[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()))
})

/** Starts an app with chat and these parts; `im` is its service. */
async function start(metadata: ModuleMetadata, prefix?: string): Promise<{ url: string; im: ImService }> {
  const chat = RookeryModule.forRoot({
    authenticate: ({ token }) => ({ userId: token }),
    nodeId: 'n1',
    url: 'https://one.example',
  })
  const imports = [MemoryStorageModule.forRoot(), chat, ...(metadata.imports ?? [])]
  const module = await Test.createTestingModule({ ...metadata, imports })
    .setLogger(false)
    .compile()
  const app = module.createNestApplication({ forceCloseConnections: true, logger: false })
  app.useWebSocketAdapter(new IoAdapter(app))
  if (prefix !== undefined) app.setGlobalPrefix(prefix)
  open.push(app)
  await app.listen(0, '127.0.0.1')
  return { url: urlOf(app.getHttpServer() as Server), im: module.get(ImService) }
}

describe('the list of nodes over HTTP', () => {
  it('names each node and its URL, tells no load, and may be cached', async () => {
    const { url } = await start({ imports: [RookeryEndpointsModule.forRoot()] })
    const answer = await fetch(`${url}/im/endpoints`)
    expect(answer.headers.get('cache-control')).toBe('public, max-age=10')
    expect(await answer.json()).toEqual([{ nodeId: 'n1', url: 'https://one.example' }])
  })

  it('stands under another path and the global prefix', async () => {
    const { url } = await start({ imports: [RookeryEndpointsModule.forRoot({ path: 'chat/nodes' })] }, 'api')
    expect((await fetch(`${url}/api/chat/nodes`)).status).toBe(200)
    expect((await fetch(`${url}/im/endpoints`)).status).toBe(404)
  })

  it("takes the host's decorators", async () => {
    const Public = SetMetadata('public', true)
    class Guard implements CanActivate {
      private readonly reflector = new Reflector()
      canActivate(context: Parameters<CanActivate['canActivate']>[0]): boolean {
        return this.reflector.get<boolean>('public', context.getClass()) === true
      }
    }
    const guarded = (decorators?: ClassDecorator[]): ModuleMetadata => ({
      imports: [RookeryEndpointsModule.forRoot({ decorators })],
      providers: [{ provide: APP_GUARD, useClass: Guard }],
    })
    expect((await fetch(`${(await start(guarded())).url}/im/endpoints`)).status).toBe(403)
    expect((await fetch(`${(await start(guarded([Public]))).url}/im/endpoints`)).status).toBe(200)
    expect((await fetch(`${(await start(guarded([UseGuards(), Public]))).url}/im/endpoints`)).status).toBe(200)
  })

  it('asks presence once for many requests, and tells the last list while presence does not answer', async () => {
    const { url, im } = await start({ imports: [RookeryEndpointsModule.forRoot()] })
    const asked = vi.spyOn(im, 'endpoints')
    const get = async (): Promise<unknown> => (await fetch(`${url}/im/endpoints`)).json()
    await Promise.all([get(), get(), get()])
    expect(asked).toHaveBeenCalledTimes(1)

    asked.mockRejectedValue(new Error('out of reach'))
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 10_001)
    expect(await get()).toEqual([{ nodeId: 'n1', url: 'https://one.example' }])
    expect(asked).toHaveBeenCalledTimes(2)
    vi.restoreAllMocks()
  })

  it('answers 503 while no list was ever known', async () => {
    const { url, im } = await start({ imports: [RookeryEndpointsModule.forRoot()] })
    vi.spyOn(im, 'endpoints').mockRejectedValueOnce(new Error('out of reach'))
    expect((await fetch(`${url}/im/endpoints`)).status).toBe(503)
    expect((await fetch(`${url}/im/endpoints`)).status).toBe(200)
  })

  it('names a wrong option', () => {
    expect(() => RookeryEndpointsModule.forRoot({ pth: 'x' } as object)).toThrow(/RookeryEndpointsModule option pth/)
    expect(() => RookeryEndpointsModule.forRoot({ path: 1 } as never)).toThrow(/option path is not a string/)
  })
})
