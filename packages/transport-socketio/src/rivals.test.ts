// Other websocket servers on the same HTTP server, in either order: each has its own path, and if two want the same
// path the host hears of it.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { Server as HostServer } from 'socket.io'
import { io } from 'socket.io-client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { attachSocketIo } from './attach.js'
import { FakeGate, listen, start, until } from './testing/harness.js'

/** Adds to a host's HTTP server what the host would add. @returns removes it */
type Put = (server: Server) => () => void

const greets = (wss: WebSocketServer): (() => void) => {
  wss.on('connection', (socket) => socket.send('hello'))
  return () => {
    for (const socket of wss.clients) socket.terminate()
    wss.close()
  }
}

/** A socket.io client's first event, or a websocket's first message. */
const greetedBySocketIo = (port: number, path: string, transports = ['websocket']): Promise<unknown> => {
  const socket = io(`http://127.0.0.1:${port}`, { path, transports, forceNew: true, reconnection: false })
  onTestFinished(() => void socket.disconnect())
  return new Promise((resolve, reject) => {
    socket.once('greeting', resolve)
    socket.once('connect_error', reject)
    socket.once('disconnect', reject)
  })
}
const greetedByWs = (port: number, path: string): Promise<unknown> => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`)
  onTestFinished(() => socket.terminate())
  return new Promise((resolve, reject) => {
    socket.once('message', (data: Buffer) => resolve(data.toString()))
    socket.once('error', reject)
    socket.once('close', reject)
  })
}

const socketIoAt =
  (path: string): Put =>
  (server) => {
    const host = new HostServer(server, { path })
    host.on('connection', (socket) => socket.emit('greeting', 'hello'))
    // Closing it would close the HTTP server too.
    return () => host.disconnectSockets(true)
  }
const wsAt =
  (path?: string): Put =>
  (server) =>
    greets(new WebSocketServer(path === undefined ? { server } : { server, path }))

/** As the documentation of ws shows it. */
const noServerAt =
  (path: string): Put =>
  (server) => {
    const wss = new WebSocketServer({ noServer: true })
    const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      const { pathname } = new URL(request.url ?? '', 'ws://localhost')
      if (pathname !== path) return void socket.destroy()
      wss.handleUpgrade(request, socket, head, (ws) => wss.emit('connection', ws, request))
    }
    server.on('upgrade', upgrade)
    return greets(wss)
  }

const orders = ['the host first', 'the transport first'] as const

describe.each(orders)('%s: beside', (order) => {
  test.each<[string, Put, (port: number) => Promise<unknown>]>([
    ['a ws server for every path', wsAt(), (port) => greetedByWs(port, '/anything')],
    ['a ws server with a path', wsAt('/ws'), (port) => greetedByWs(port, '/ws')],
    ['a ws server without a server', noServerAt('/ws'), (port) => greetedByWs(port, '/ws')],
    ['a socket.io server', socketIoAt('/host.io'), (port) => greetedBySocketIo(port, '/host.io')],
    [
      'a socket.io server that polls',
      socketIoAt('/host.io'),
      (port) => greetedBySocketIo(port, '/host.io', ['polling']),
    ],
    ['a socket.io server above', socketIoAt('/chat'), (port) => greetedBySocketIo(port, '/chat')],
  ])('%s both live, and the host after the transport', async (_, put, greeted) => {
    const warnings: string[] = []
    const logger = { info() {}, error() {}, warn: (message: string) => warnings.push(message) }
    const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 })
    let take: (() => void) | undefined
    if (order === 'the host first') take = put(server)
    const { connected, transport, port } = await start({ path: '/chat/io', logger }, server)
    take ??= put(server)
    onTestFinished(take)
    const chat = await connected()
    expect(await greeted(port)).toBe('hello')
    // engine.io destroys foreign sockets after a second; this one had its answer and stays.
    expect(await chat.emitWithAck('c2s', 1)).toEqual({ ok: true, data: [1] })
    expect(chat.connected).toBe(true)
    await transport.close()
    expect(await greeted(port)).toBe('hello')
    expect(warnings).toEqual([])
  })
})

describe('the same path', () => {
  const rivals: readonly (readonly [string, Put])[] = [
    ['socket.io', socketIoAt('/chat')],
    ['socket.io with a slash', socketIoAt('/chat/')],
    ['ws', wsAt('/chat')],
    ['ws with a slash', wsAt('/chat/')],
  ]
  test.each(rivals)('of a server of %s that was there first is refused, and the server stays as it was', (_, put) => {
    const server = createServer()
    onTestFinished(put(server))
    const before = [server.listeners('upgrade'), server.listeners('request'), server.emit]
    expect(() => attachSocketIo(server, new FakeGate(), { path: '/chat' })).toThrow(
      /^transport-socketio: path \/chat is already taken on this server by another websocket server.*another path$/,
    )
    expect([server.listeners('upgrade'), server.listeners('request'), server.emit]).toEqual(before)
  })

  test.each(rivals)('of a server of %s that comes later is told in one line, and chat stays', async (_, put) => {
    const warnings: string[] = []
    const logger = { info() {}, error() {}, warn: (message: string) => warnings.push(message) }
    const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 })
    const { connected } = await start({ path: '/chat', logger }, server)
    onTestFinished(put(server))
    await until(() => warnings.length > 0, 'a line')
    expect(warnings).toEqual([
      'another websocket server was put on path /chat, where chat is, and gets nothing there; give one of them another path',
    ])
    await connected()
  })

  test('the check does not run the host’s own code: a rival there shows when its clients come', async () => {
    const warnings: string[] = []
    const logger = { info() {}, error() {}, warn: (message: string) => warnings.push(message) }
    const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 })
    onTestFinished(noServerAt('/chat')(server))
    const { connected, port } = await start({ path: '/chat', logger }, server)
    for (let time = 1; time <= 2; time++) {
      await expect(greetedByWs(port, '/chat')).rejects.toThrow('400')
      await expect(greetedBySocketIo(port, '/chat')).rejects.toThrow('Invalid namespace')
      expect((await fetch(`http://127.0.0.1:${port}/chat/?EIO=4&transport=polling`)).status).toBe(400)
    }
    const asked = warnings.filter((line) => line.startsWith('a client asked for'))
    expect(asked.map((line) => /^a client asked for (.*) at path \/chat, .* another path$/.exec(line)?.[1])).toEqual([
      'a websocket without socket.io',
      'another namespace',
      'long polling',
    ])
    await connected()
  })
})

test('a transport that detaches leaves an emit that was replaced after it', async () => {
  const server = createServer((_, response) => response.end('page'))
  const { transport } = await start({ path: '/one' }, server)
  const ours = server.emit
  let seen = 0
  server.emit = function (this: Server, ...args: unknown[]) {
    seen++
    return (ours as (...all: unknown[]) => boolean).apply(this, args)
  } as typeof server.emit
  await transport.close()
  const { port } = server.address() as { port: number }
  expect(await (await fetch(`http://127.0.0.1:${port}/one`)).text()).toBe('page')
  expect(seen).toBeGreaterThan(0)
})

test('a server that has an emit of its own gets it back', async () => {
  const server = createServer()
  const own = server.emit.bind(server) as typeof server.emit
  server.emit = own
  const first = attachSocketIo(server, new FakeGate(), { path: '/one' })
  const second = attachSocketIo(server, new FakeGate(), { path: '/two' })
  await first.close()
  expect(server.emit).not.toBe(own)
  await second.close()
  expect(server.emit).toBe(own)
  await listen(server)
})
