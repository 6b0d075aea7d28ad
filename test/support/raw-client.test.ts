import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { connect as connectTcp, createServer, type AddressInfo, type Server as TcpServer } from 'node:net'
import { Server } from 'socket.io'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { connect, ConnectError, NoAnswerError, type RawClient } from './raw-client.js'

const portOf = (server: { address(): AddressInfo | string | null }): number => (server.address() as AddressInfo).port
const listening = (server: HttpServer | TcpServer): Promise<void> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))

describe('the raw client against a socket.io server', () => {
  let http: HttpServer
  let io: Server
  let url: string
  const clients: RawClient[] = []
  const opened = async (...args: Parameters<typeof connect>): Promise<RawClient> => {
    const client = await connect(...args)
    clients.push(client)
    return client
  }

  beforeEach(async () => {
    http = createHttpServer()
    io = new Server(http, { transports: ['websocket'], pingInterval: 30, pingTimeout: 200 })
    io.of('/im').use((socket, next) => {
      if (socket.handshake.auth['token'] === 'good') return next()
      next(Object.assign(new Error('refused'), { data: { code: 'UNAUTHENTICATED' } }))
    })
    io.of('/im').on('connection', (socket) => {
      socket.emit('ready', { early: true })
      socket.on('echo', (value: unknown, answer: (value: unknown) => void) => answer({ ok: true, value }))
      socket.on('count', (...args: unknown[]) => (args.at(-1) as (count: number) => void)(args.length - 1))
      socket.on('spread', (value: unknown) => socket.emit('spread', value, 'second'))
      socket.on('ask-me', () => socket.emit('asked', 1, (reply: unknown) => socket.emit('got', reply)))
      socket.on('leave', () => socket.disconnect(false))
      socket.on('cut', () => socket.disconnect(true))
    })
    await listening(http)
    url = `http://127.0.0.1:${portOf(http)}`
  })
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()))
    await io.close()
  })

  it('returns the same JSON value, whatever its length and script', async () => {
    const client = await opened(url, '/im', { token: 'good' })
    for (const value of [0, null, 'plain', 'ü€😀\u2028"\\', { deep: [{ a: 1 }] }, '😀'.repeat(20_000)]) {
      expect(await client.ask('echo', value)).toEqual({ ok: true, value })
    }
  })

  it('sends no argument if none is given', async () => {
    const client = await opened(url, '/im', { token: 'good' })
    expect(await client.ask('count')).toBe(0)
    expect(await client.ask('count', null)).toBe(1)
  })

  it('answers many requests at once, each with its own answer', async () => {
    const client = await opened(url, '/im', { token: 'good' })
    const numbers = Array.from({ length: 500 }, (_, index) => index)
    const answers = await Promise.all(numbers.map((number) => client.ask<{ value: number }>('echo', number)))
    expect(answers.map((answer) => answer.value)).toEqual(numbers)
  })

  it('keeps events that came before the first listener, and passes them on in order', async () => {
    const client = await opened(url, '/im', { token: 'good' })
    client.request('spread', '"é"')
    await client.ask('count')
    const heard: unknown[] = []
    client.onEvent((event, args) => heard.push([event, ...args]))
    expect(heard).toEqual([
      ['ready', { early: true }],
      ['spread', 'é', 'second'],
    ])
  })

  it('answers an event that asks for it', async () => {
    const client = await opened(url, '/im', { token: 'good' })
    const heard: unknown[] = []
    client.onEvent((event, args, answer) => {
      heard.push([event, ...args])
      answer?.('{"thanks":true}')
    })
    client.request('ask-me', null)
    await vi.waitFor(() => expect(heard).toContainEqual(['got', { thanks: true }]))
  })

  it('passes events on unparsed if asked', async () => {
    const heard: string[] = []
    await opened(url, '/im', { token: 'good' }, { onEventBytes: (json) => heard.push(json.toString()) })
    await vi.waitFor(() => expect(heard).toEqual(['["ready",{"early":true}]']))
  })

  it('stays connected over many heartbeats', async () => {
    const client = await opened(url, '/im', { token: 'good' })
    let pongs = 0
    for (const socket of io.of('/im').sockets.values()) {
      socket.conn.on('packet', ({ type }: { type: string }) => (pongs += type === 'pong' ? 1 : 0))
    }
    await vi.waitFor(() => expect(pongs).toBeGreaterThan(8))
    expect(await client.ask('echo', 1)).toEqual({ ok: true, value: 1 })
  })

  it('rejects with the server’s data when it is refused', async () => {
    const error = await connect(url, '/im', { token: 'bad' }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ConnectError)
    expect((error as ConnectError).data).toEqual({ code: 'UNAUTHENTICATED' })
  })

  it('rejects where there is no socket.io, or nothing at all', async () => {
    const plain = createHttpServer((_request, response) => response.writeHead(404).end())
    await listening(plain)
    const port = portOf(plain)
    await expect(connect(`http://127.0.0.1:${port}`, '/')).rejects.toThrow(ConnectError)
    await new Promise((resolve) => plain.close(resolve))
    await expect(connect(`http://127.0.0.1:${port}`, '/')).rejects.toThrow(/ECONNREFUSED/)
  })

  it('times out on a silent server', async () => {
    const silent = createServer((socket) => socket.resume())
    await listening(silent)
    await expect(connect(`http://127.0.0.1:${portOf(silent)}`, '/', undefined, { timeoutMs: 50 })).rejects.toThrow(
      /does not answer/,
    )
    await new Promise((resolve) => silent.close(resolve))
  })

  it('reports who ended the connection, and rejects unanswered requests', async () => {
    const left = await opened(url, '/im', { token: 'good' })
    const lost = left.ask('nobody-answers', 1)
    left.request('leave', null)
    await expect(lost).rejects.toThrow(NoAnswerError)
    expect((await left.closed).by).toBe('namespace')
    await expect(left.ask('echo', 1)).rejects.toThrow(NoAnswerError)

    const cut = await opened(url, '/im', { token: 'good' })
    cut.request('cut', null)
    expect(['namespace', 'server']).toContain((await cut.closed).by)

    const own = await opened(url, '/im', { token: 'good' })
    expect((await own.close()).by).toBe('client')
    await vi.waitFor(() => expect(io.of('/im').sockets.size).toBe(0))
  })

  it('ends when the server does not understand what was sent', async () => {
    const client = await opened(url, '/im', { token: 'good' })
    client.sendText('42/im,["echo"')
    expect((await client.closed).by).toBe('server')
  })

  it('understands a server whose bytes arrive one by one', async () => {
    const proxy = createServer((near) => {
      const far = connectTcp(portOf(http), '127.0.0.1')
      near.setNoDelay(true).pipe(far)
      far.on('data', (chunk) => {
        for (const byte of chunk) near.write(Buffer.from([byte]))
      })
      far.on('close', () => near.destroy()).on('error', () => near.destroy())
      near.on('close', () => far.destroy()).on('error', () => far.destroy())
    })
    await listening(proxy)
    const client = await connect(`http://127.0.0.1:${portOf(proxy)}`, '/im', { token: 'good' })
    expect(await client.ask('echo', '😀'.repeat(100))).toEqual({ ok: true, value: '😀'.repeat(100) })
    client.socket.destroy()
    expect((await client.closed).by).toBe('server')
    await new Promise((resolve) => proxy.close(resolve))
  })
})
