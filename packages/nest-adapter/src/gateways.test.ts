// The host's own gateways on the HTTP server that chat uses, with each websocket adapter.
import type { Server } from 'node:http'
import { type INestApplication, type LoggerService, type WebSocketAdapter } from '@nestjs/common'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { IoAdapter } from '@nestjs/platform-socket.io'
import { WsAdapter } from '@nestjs/platform-ws'
import { Test } from '@nestjs/testing'
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { Server as HostServer } from 'socket.io'
import { io } from 'socket.io-client'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { connect, urlOf } from '../testing/client.js'
import { MemoryStorageModule, RookeryModule } from './index.js'

const servers = {
  Express: () => new ExpressAdapter(),
  Fastify: () => new FastifyAdapter({ forceCloseConnections: true }),
}
const adapters = {
  IoAdapter: (app: INestApplication): WebSocketAdapter => new IoAdapter(app),
  WsAdapter: (app: INestApplication): WebSocketAdapter => new WsAdapter(app),
}

/** Starts an app with a gateway that answers `ping`. @returns its URL, and its warnings */
async function start(
  server: keyof typeof servers,
  adapter: keyof typeof adapters,
  paths: { readonly gateway?: string; readonly chat?: string },
) {
  class HostGateway {
    ping(): unknown {
      return { event: 'pong', data: 'pong' }
    }
  }
  WebSocketGateway(paths.gateway === undefined ? {} : { path: paths.gateway })(HostGateway)
  SubscribeMessage('ping')(
    HostGateway.prototype,
    'ping',
    Object.getOwnPropertyDescriptor(HostGateway.prototype, 'ping')!,
  )
  const warnings: string[] = []
  // Every test gets the warning that memory forgets.
  const keep = (line: unknown): void => void (String(line).startsWith('memory storage') || warnings.push(String(line)))
  const logger: LoggerService = { log() {}, warn: keep, error: keep }
  const chat = paths.chat === undefined ? {} : { path: paths.chat }
  const module = await Test.createTestingModule({
    imports: [
      MemoryStorageModule.forRoot(),
      RookeryModule.forRoot({ authenticate: ({ token }) => ({ userId: token }), ...chat }),
    ],
    providers: [HostGateway],
  })
    .setLogger(logger)
    .compile()
  const app = module.createNestApplication(servers[server](), { forceCloseConnections: true })
  app.useWebSocketAdapter(adapters[adapter](app))
  onTestFinished(() => app.close())
  const http = app.getHttpServer() as Server
  http.headersTimeout = 10_000
  http.requestTimeout = 10_000
  await app.listen(0, '127.0.0.1')
  return { url: urlOf(http), http, warnings }
}

function pingSocketIo(url: string, path: string): Promise<unknown> {
  const socket = io(url, { path, transports: ['websocket'], forceNew: true, reconnection: false })
  onTestFinished(() => void socket.disconnect())
  return new Promise((resolve, reject) => {
    socket.once('pong', resolve)
    socket.once('connect_error', reject)
    socket.once('disconnect', reject)
    socket.emit('ping', {})
  })
}

async function pingWs(url: string, path: string): Promise<unknown> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`)
  onTestFinished(() => socket.terminate())
  return new Promise((resolve, reject) => {
    socket.once('open', () => socket.send(JSON.stringify({ event: 'ping', data: {} })))
    socket.once('message', (data: Buffer) => resolve((JSON.parse(data.toString()) as { data: unknown }).data))
    socket.once('error', reject)
    socket.once('close', reject)
  })
}
const ping = { IoAdapter: pingSocketIo, WsAdapter: pingWs }

describe.each(Object.keys(servers) as (keyof typeof servers)[])('on %s', (server) => {
  it.each<[keyof typeof adapters, { gateway?: string; chat?: string }]>([
    ['IoAdapter', { chat: '/chat' }],
    ['IoAdapter', { gateway: '/host' }],
    ['WsAdapter', {}],
    ['WsAdapter', { gateway: '/host', chat: '/chat' }],
  ])('a gateway with %s on a path of its own lives beside chat: %o', async (adapter, paths) => {
    const { url, warnings } = await start(server, adapter, paths)
    const ann = await connect(url, 'ann', { path: paths.chat ?? '/socket.io' })
    const gateway = paths.gateway ?? (adapter === 'IoAdapter' ? '/socket.io' : '/')
    expect(await ping[adapter](url, gateway)).toBe('pong')
    expect(await ann.ask('time', { t0: 1 })).toMatchObject({ ok: true })
    expect(warnings).toEqual([])
  })

  it.each<[keyof typeof adapters, { gateway?: string; chat?: string }, string]>([
    ['IoAdapter', {}, '/socket.io'],
    ['IoAdapter', { gateway: '/chat', chat: '/chat' }, '/chat'],
    ['WsAdapter', { gateway: '/socket.io' }, '/socket.io'],
    ['WsAdapter', { gateway: '/chat', chat: '/chat' }, '/chat'],
  ])('an app whose gateway with %s has the path of chat does not start: %o', async (adapter, paths, path) => {
    const failure = await start(server, adapter, paths).catch((error: Error) => error.message)
    expect(failure).toMatch(new RegExp(`path ${path} is already taken on this server .* another path`))
    expect(failure).not.toContain('\n')
  })
})

it('another socket.io server that the host attaches later gives one line in the log', async () => {
  const { url, http, warnings } = await start('Express', 'IoAdapter', { gateway: '/host' })
  const late = new HostServer(http, { path: '/socket.io' })
  onTestFinished(() => void late.close())
  await vi.waitFor(() => expect(warnings).toEqual([expect.stringMatching(/put on path \/socket\.io.*another path/)]))
  expect((await connect(url, 'ann')).ready.userId).toBe('ann')
})
