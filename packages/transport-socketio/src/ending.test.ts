// Slow readers and the end of connections: the bound of the queue, what an end discards, and which frame is last.
import { connect, type Socket as NetSocket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { frame, start, until } from './testing/harness.js'

const kilobyte = 'k'.repeat(1_024)
const kick = () => frame('kick', { reason: 'admin' })

describe.each([
  ['straight to the socket', true],
  ['through engine.io', false],
])('%s', (_name, directWrites) => {
  /** A client that has joined and stopped reading, while more is queued for it than the kernel takes. */
  const stalled = async (options: object = {}) => {
    const made = await start({ directWrites, ...options })
    const socket = await made.raw().joined()
    const { _socket: net } = socket.socket as unknown as { _socket: NetSocket }
    net.pause()
    const session = made.gate.last
    let sent = 0
    while (session.connection.queuedBytes < 1_000_000) {
      for (let i = 0; i < 200; i++) session.connection.emit(frame('entries', { n: sent++, kilobyte }))
      await new Promise(setImmediate)
    }
    return { ...made, socket, net, session, sent }
  }

  test('a client that does not read is cut when its queue is full, and others notice nothing', async () => {
    const { session, connected, transport } = await stalled()
    const other = await connected()
    let highest = 0
    while (session.closes === 0) {
      for (let i = 0; i < 100; i++) session.connection.emit(frame('entries', { kilobyte }))
      highest = Math.max(highest, session.connection.queuedBytes)
      await new Promise(setImmediate)
    }
    expect(highest).toBeGreaterThan(4_000_000)
    expect(highest).toBeLessThanOrEqual(4_194_304)
    expect(await other.emitWithAck('c2s', 1)).toEqual({ ok: true, data: [1] })
    await until(() => transport.counters().connections === 1, 'one is left')
    expect(transport.counters()).toMatchObject({ overflowed: 1, queuedBytes: 0 })
  })

  test('a client that reads again gets everything in order', async () => {
    const { socket, net, session, sent, transport } = await stalled()
    expect(transport.counters().queuedBytes).toBe(session.connection.queuedBytes)
    net.resume()
    await until(() => session.connection.queuedBytes === 0, 'drained')
    await socket.received(`{"n":${sent - 1},`)
    const numbers = socket.texts.filter((text) => text.includes('"n":')).map((text) => /"n":(\d+),/.exec(text)?.[1])
    expect(numbers.filter((n) => n !== undefined)).toEqual(Array.from({ length: sent }, (_, i) => String(i)))
  })

  test('end discards the queue; what comes last is the last frame, the disconnect and the close', async () => {
    const { socket, net, session, sent } = await stalled()
    session.connection.end(kick())
    session.connection.emit(frame('entries', { late: true }))
    expect(session.connection.queuedBytes).toBeLessThan(1_000_000)
    net.resume()
    await until(() => socket.closed, 'closed')
    expect(socket.texts.slice(-2)).toEqual(['42/im,["kick",{"reason":"admin"}]', '41/im,'])
    expect(socket.texts.filter((text) => text.includes('kilobyte')).length).toBeLessThan(sent)
    expect(socket.texts.join('')).not.toContain('late')
    expect(session.closes).toBe(1)
  })

  test('a client that still does not read after end is destroyed when the grace is over', async () => {
    const { session, transport } = await stalled({ endGraceMs: 50 })
    session.connection.end(kick())
    await until(() => transport.counters().connections === 0, 'destroyed')
    expect(session.closes).toBe(1)
  })

  test('a socket.io client sees kick, then that the server disconnected it, and its later requests reach nobody', async () => {
    const { gate, connected } = await start({ directWrites })
    const socket = await connected()
    const seen: string[] = []
    socket.onAny((event: string) => seen.push(event))
    socket.on('disconnect', (reason) => seen.push(reason))
    const { connection, requests } = gate.last
    connection.emit(frame('entries', 1))
    connection.end(kick())
    connection.end(kick())
    connection.emit(frame('entries', 2))
    expect(gate.last.closes).toBe(0)
    await until(() => seen.length === 2, 'two')
    await until(() => gate.last.closes === 1, 'closed')
    expect(seen).toEqual(['kick', 'io server disconnect'])
    expect(requests).toEqual([])
  })

  test('after end within a request neither its answer nor the rest of the same chunk goes through', async () => {
    const { gate, raw } = await start({ directWrites })
    gate.onRequest = (session, { answer }) => {
      session.connection.end(kick())
      answer?.('{"ok":true}')
    }
    const socket = await raw().joined()
    const { _socket: net } = socket.socket as unknown as { _socket: NetSocket }
    net.cork()
    socket.send('42/im,1["a"]')
    socket.send('42/im,2["b"]')
    net.uncork()
    await until(() => socket.closed, 'closed')
    expect(gate.last.requests.map(({ event }) => event)).toEqual(['a'])
    expect(socket.texts.slice(-2)).toEqual(['42/im,["kick",{"reason":"admin"}]', '41/im,'])
  })

  test('a client that disconnects closes its session once', async () => {
    const { gate, connected, transport } = await start({ directWrites })
    const socket = await connected()
    socket.disconnect()
    await until(() => transport.counters().connections === 0, 'gone')
    expect(gate.last.closes).toBe(1)
  })

  test('a client that stops answering pings is closed', async () => {
    const { gate, raw, transport } = await start({
      directWrites,
      pingIntervalMs: 20,
      pingTimeoutMs: 30,
      endGraceMs: 30,
    })
    await raw().joined()
    await until(() => gate.last.closes === 1 && transport.counters().connections === 0, 'closed')
  })

  test('a client that never answers our close is gone after the grace', async () => {
    const { gate, port, transport } = await start({ directWrites, endGraceMs: 50 })
    const net = connect(port, '127.0.0.1')
    net.on('error', () => {})
    onTestFinished(() => void net.destroy())
    let got = ''
    net.on('data', (chunk: Buffer) => (got += chunk.toString('latin1')))
    net.write(
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n',
    )
    await until(() => got.includes('maxPayload'), 'open')
    net.write(Buffer.concat([Buffer.from([0x81, 0x86, 0, 0, 0, 0]), Buffer.from('40/im,')]))
    await until(() => got.includes('"ready"'), 'ready')
    gate.last.connection.end()
    await until(() => transport.counters().connections === 0, 'gone')
    expect(got).toContain('41/im,')
  })
})

test('a gate that throws ends only its own connection', async () => {
  const { gate, connected } = await start()
  const bad = await connected()
  const good = await connected()
  gate.onRequest = (session, { answer }) => {
    if (session === gate.sessions[0]) throw new Error('a fault')
    answer?.('{"ok":true}')
  }
  bad.emit('c2s', 1)
  await until(() => !bad.connected, 'the bad one is closed')
  expect(await good.emitWithAck('c2s', 1)).toEqual({ ok: true })
})

test('a frame that cannot be encoded ends only its own connection', async () => {
  const { gate, connected } = await start()
  const socket = await connected()
  expect(() => gate.last.connection.emit(Object.freeze(frame('entries', 1)))).not.toThrow()
  await until(() => !socket.connected, 'closed')
  await connected()
})

test('close ends every connection, resolves when they are gone, admits nobody, and leaves the HTTP server open', async () => {
  const { gate, connected, raw, transport, server, port } = await start({ endGraceMs: 100 })
  const socket = await connected()
  const pending = await raw().opened()
  const reasons: string[] = []
  socket.on('disconnect', (reason) => reasons.push(reason))
  await transport.close()
  expect(transport.counters()).toMatchObject({ connections: 0, unauthenticated: 0, queuedBytes: 0 })
  expect(gate.last.closes).toBe(1)
  await until(() => reasons.length === 1 && pending.closed, 'both know')
  expect(reasons).toEqual(['io server disconnect'])
  expect(server.listening).toBe(true)
  server.on('request', (_request, response) => response.end('host'))
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('host')
  const late = raw()
  await until(() => late.closed, 'refused')
  await transport.close()
})

test('with compression negotiated by another engine frames would go through engine.io', async () => {
  const { directWebSocket } = await import('./internals.js')
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: true })
  onTestFinished(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { WebSocket } = await import('ws')
  const address = server.address() as { port: number }
  const accepted = (deflate: boolean) =>
    new Promise<{ readonly _socket: NetSocket }>((resolve) => {
      server.once('connection', (ws) => resolve(ws as unknown as { _socket: NetSocket }))
      const client = new WebSocket(`ws://127.0.0.1:${address.port}`, { perMessageDeflate: deflate })
      client.on('error', () => {})
      onTestFinished(() => client.terminate())
    })
  const conn = (socket: unknown) =>
    ({ writeBuffer: [], transport: { name: 'websocket', writable: true, socket } }) as never
  const plain = await accepted(false)
  expect(directWebSocket(conn(plain), plain._socket)).toBe(plain)
  const deflated = await accepted(true)
  expect(directWebSocket(conn(deflated), deflated._socket)).toBeUndefined()
  expect(directWebSocket(conn(plain), deflated._socket)).toBeUndefined()
  expect(directWebSocket(conn({ readyState: 1, extensions: '' }), plain._socket)).toBeUndefined()
})
