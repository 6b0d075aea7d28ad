// How requests reach the transport: which pages and which paths, and what the host's server keeps.
import { createServer, type IncomingMessage, request } from 'node:http'
import { Server as HostServer } from 'socket.io'
import { io } from 'socket.io-client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { attachSocketIo } from './attach.js'
import { FakeGate, start, until } from './testing/harness.js'

describe('the Origin of an upgrade', () => {
  type Row = readonly [string, object, (port: number) => string | undefined, boolean]
  const rows: readonly Row[] = [
    ['none, with no list', {}, () => undefined, true],
    ['none, with a list', { origins: ['https://shop.example'] }, () => undefined, true],
    ['same host and port', {}, (port) => `http://127.0.0.1:${port}`, true],
    ['same host over TLS at a proxy', {}, (port) => `https://127.0.0.1:${port}`, true],
    ['another port', {}, (port) => `http://127.0.0.1:${port + 1}`, false],
    ['another host', {}, () => 'https://evil.example', false],
    ['null', {}, () => 'null', false],
    ['no URL', {}, () => 'evil', false],
    ['in the list', { origins: ['https://shop.example'] }, () => 'https://shop.example', true],
    [
      'the page of this host, not in the list',
      { origins: ['https://shop.example'] },
      (port) => `http://127.0.0.1:${port}`,
      false,
    ],
    ['longer than one in the list', { origins: ['https://shop.example'] }, () => 'https://shop.example.evil', false],
    ['null with a list', { origins: ['https://shop.example'] }, () => 'null', false],
    ['any', { origins: ['*'] }, () => 'https://evil.example', true],
    ['allowed by a function', { origins: (origin?: string) => origin === 'app://x' }, () => 'app://x', true],
    ['refused by a function', { origins: () => false }, () => undefined, false],
    [
      'refused by a function that throws',
      {
        origins: () => {
          throw new Error('a fault')
        },
      },
      () => undefined,
      false,
    ],
    [
      'refused by a function that answers a promise',
      { origins: (() => Promise.resolve(true)) as never },
      () => undefined,
      false,
    ],
  ]
  test.each(rows)('%s', async (_name, options, origin, allowed) => {
    const { raw, port, gate, transport } = await start(options)
    const value = origin(port)
    const client = raw(value === undefined ? {} : { headers: { origin: value } })
    if (allowed) await client.joined()
    else {
      await until(() => client.closed, 'refused')
      expect(client.error?.message).toContain('403')
      expect(transport.counters().refused).toBe(1)
    }
    expect(gate.sessions).toHaveLength(allowed ? 1 : 0)
  })
})

test('a refusal names the origin and the option, to the client and in the log, whatever the origin is', async () => {
  const warnings: string[] = []
  const logger = { info() {}, error() {}, warn: (message: string) => warnings.push(message) }
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 })
  const { port } = await start({ logger }, server)
  const refused = async (origin: string) => {
    const headers = { origin, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
    const path = '/socket.io/?EIO=4&transport=websocket'
    const response = await new Promise<IncomingMessage>((resolve, reject) =>
      request({ port, path, headers: { ...headers, 'sec-websocket-key': Buffer.alloc(16).toString('base64') } })
        .on('response', resolve)
        .on('error', reject)
        .end(),
    )
    return (await response.toArray()).join('')
  }
  const remedy = 'is not allowed; if it is a page of yours, name it in the option origins'
  expect(await refused('https://shop.example')).toBe(`origin "https://shop.example" ${remedy}`)
  expect(await refused('"\\\u00e9\u001b[31m'.replace('\u001b', '\t'))).toBe(`origin "\\"\\\\??[31m" ${remedy}`)
  expect(await refused('x'.repeat(1000))).toBe(`origin "${'x'.repeat(200)}..." ${remedy}`)
  expect(warnings).toEqual([`socket.io connection refused: origin "https://shop.example" ${remedy}`])
})

test('long polling is refused, and socket.io clients that try it learn of it', async () => {
  const { port, client } = await start()
  const response = await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`)
  expect(response.status).toBe(400)
  const post = await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling&sid=x`, {
    method: 'POST',
    body: '40',
  })
  expect(post.status).toBe(400)
  const socket = client({ transports: ['polling'] })
  const error = new Promise<Error>((resolve) => socket.once('connect_error', resolve))
  socket.connect()
  expect((await error).message).toBe('xhr poll error')
})

test('the client bundle is not served', async () => {
  const { port, server } = await start()
  server.on('request', (_request, response) => response.writeHead(404).end())
  expect((await fetch(`http://127.0.0.1:${port}/socket.io/socket.io.js`)).status).toBe(404)
})

test.each([
  'EIO=4&transport=websocket&sid=x',
  'EIO=4&transport=websocket&sid=',
  'EIO=3&transport=websocket',
  'EIO=4&transport=webtransport',
  'EIO=4&transport=polling',
  'EIO=4',
  'transport=__proto__',
])('an upgrade with the query %s is refused', async (query) => {
  const { raw, gate, connected } = await start()
  const client = raw({}, query)
  await until(() => client.closed, 'closed')
  expect(client.texts).toEqual([])
  expect(gate.handshakes).toEqual([])
  await connected()
})

test('a second websocket under the id of a connection does not get past the checks', async () => {
  const { raw, gate } = await start()
  const first = await raw().joined()
  const { sid } = JSON.parse(first.texts[0]!.slice(1)) as { sid: string }
  const second = raw({}, `EIO=4&transport=websocket&sid=${sid}`)
  await until(() => second.closed, 'refused')
  expect(second.error?.message).toContain('400')
  first.send('42/im,1["a"]')
  await first.received('43/im,1[')
  expect(gate.handshakes).toHaveLength(1)
})

describe.each(['the host first', 'the transport first'])('beside a host’s own socket.io server, %s', (order) => {
  test('both work, and so do the host’s pages, also after the transport has gone', async () => {
    const server = createServer((incoming, response) => response.end(`host ${incoming.url}`))
    let host: HostServer | undefined
    const addHost = () => {
      host = new HostServer(server, { path: '/host.io' })
      host.on('connection', (socket) => socket.emit('hello', 'host'))
    }
    if (order === 'the host first') addHost()
    const { connected, transport, port } = await start({}, server)
    if (order === 'the transport first') addHost()
    onTestFinished(() => void host?.close())
    const page = async () => (await fetch(`http://127.0.0.1:${port}/page`)).text()
    const hello = async () => {
      const socket = io(`http://127.0.0.1:${port}`, { path: '/host.io', forceNew: true, reconnection: false })
      onTestFinished(() => void socket.disconnect())
      return await new Promise((resolve, reject) => {
        socket.once('hello', resolve)
        socket.once('connect_error', reject)
      })
    }
    const socket = await connected()
    expect(await hello()).toBe('host')
    expect(await page()).toBe('host /page')
    expect(await socket.emitWithAck('c2s', 1)).toEqual({ ok: true, data: [1] })
    await transport.close()
    expect(await hello()).toBe('host')
    expect(await page()).toBe('host /page')
  })
})

test('two transports on one server do not disturb each other', async () => {
  const one = await start({ path: '/one' })
  const gate = new FakeGate()
  const two = attachSocketIo(one.server, gate, { path: '/one/two' })
  onTestFinished(() => two.close())
  const first = await one.connected()
  const second = await one.connected({ path: '/one/two' })
  expect([one.gate.sessions.length, gate.sessions.length]).toEqual([1, 1])
  await two.close()
  await until(() => !second.connected, 'the second is closed')
  expect(await first.emitWithAck('c2s', 1)).toEqual({ ok: true, data: [1] })
})

test('a path that is taken is refused in one line, and free again after close', async () => {
  const { server, transport } = await start({ path: '/x' })
  expect(() => attachSocketIo(server, new FakeGate(), { path: '/x/' })).toThrow(
    /^transport-socketio: path \/x is already taken/,
  )
  await transport.close()
  await attachSocketIo(server, new FakeGate(), { path: '/x' }).close()
})

test('close gives the server its listeners back', async () => {
  const before = () => {}
  const server = createServer(before)
  const { transport } = await start({}, server)
  const later = () => {}
  server.on('request', later)
  await transport.close()
  expect(server.listeners('request')).toEqual([before, later])
  expect(server.listenerCount('upgrade')).toBe(0)
})

test('an upgrade that is nobody’s is dropped', async () => {
  const { port } = await start()
  const status = await new Promise((resolve, reject) => {
    const upgrade = request({ port, path: '/elsewhere', headers: { connection: 'Upgrade', upgrade: 'websocket' } })
    upgrade.on('response', (response) => resolve(response.statusCode))
    upgrade.on('error', reject)
    upgrade.end()
  })
  expect(status).toBe(400)
})

test('timeouts of the HTTP server that are too long give one warning', async () => {
  const warnings: string[] = []
  const logger = { info() {}, error() {}, warn: (message: string) => warnings.push(message) }
  await start({ logger })
  expect(warnings.map((line) => line.split(' ').slice(0, 2))).toEqual([
    ['set', 'headersTimeout'],
    ['set', 'requestTimeout'],
  ])
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 })
  await start({ logger }, server)
  expect(warnings).toHaveLength(2)
})
