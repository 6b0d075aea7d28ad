// Whom the transport admits, and what it answers to the others.
import { RookeryError } from '@rookery/core'
import { describe, expect, test } from 'vitest'
import { type FakeSession, frame, start, until } from './testing/harness.js'

const refusal = (socket: ReturnType<Awaited<ReturnType<typeof start>>['client']>) =>
  new Promise<Error & { data?: unknown }>((resolve) => {
    socket.once('connect_error', resolve)
    socket.connect()
  })

describe('a handshake', () => {
  test('reaches the gate with auth, headers and address, and ready is the first event', async () => {
    const { gate, client, transport } = await start()
    const socket = client({ auth: { token: 't', deviceId: 'd' }, extraHeaders: { 'X-Shop': 'one' } })
    const events: string[] = []
    socket.onAny((event: string) => events.push(event))
    gate.onOpen = (_handshake, connection) => connection.emit(frame('early', 1))
    socket.connect()
    await until(() => events.length === 2, 'two events')
    expect(events).toEqual(['early', 'ready'])
    expect(gate.last.handshake.auth).toEqual({ token: 't', deviceId: 'd' })
    expect(gate.last.handshake.headers['x-shop']).toBe('one')
    expect(gate.last.handshake.ip).toBe('127.0.0.1')
    expect(transport.counters()).toMatchObject({ connections: 1, unauthenticated: 0 })
  })

  test('refused with a RookeryError carries its wire form and the connection ends', async () => {
    const { gate, client, transport } = await start()
    gate.onOpen = () => {
      throw new RookeryError('UNAUTHENTICATED', 'token expired', { details: { at: 'token' }, retryAfterMs: 5 })
    }
    const error = await refusal(client())
    expect(error.message).toBe('token expired')
    expect(error.data).toEqual({
      code: 'UNAUTHENTICATED',
      message: 'token expired',
      details: { at: 'token' },
      retryAfterMs: 5,
    })
    await until(() => transport.counters().connections === 0, 'the connection is gone')
  })

  test('that fails for another reason is INTERNAL, shows nothing of the cause, and logs it under the id shown', async () => {
    const errors: { error: unknown; id: unknown }[] = []
    const logger = {
      info() {},
      warn() {},
      error: (_message: string, error: unknown, facts?: { id?: unknown }) => errors.push({ error, id: facts?.id }),
    }
    const { gate, client } = await start({ logger })
    const cause = new Error('SELECT secret FROM /etc/passwd')
    gate.onOpen = () => Promise.reject(cause)
    const error = await refusal(client())
    expect(error.data).toMatchObject({ code: 'INTERNAL' })
    expect(JSON.stringify([error.data, error.message])).not.toContain('secret')
    expect(errors).toEqual([{ error: cause, id: (error.data as { details: { id: string } }).details.id }])
  })

  test('refused with details that are no JSON still carries its code', async () => {
    const { gate, client } = await start()
    gate.onOpen = () => {
      throw new RookeryError('REJECTED', 'no', { details: { big: 1n } })
    }
    expect((await refusal(client())).data).toEqual({ code: 'REJECTED', message: 'no' })
    gate.onOpen = () => {}
    await refusedNoMore(client())
  })

  test('whose client goes away meanwhile closes the session that it opened', async () => {
    const { gate, raw } = await start()
    let proceed = (): void => {}
    gate.onOpen = () => new Promise<void>((resolve) => (proceed = resolve))
    const socket = await raw().opened()
    socket.send('40/im,')
    await until(() => gate.handshakes.length === 1, 'the gate is asked')
    socket.socket.terminate()
    await until(() => socket.closed, 'closed')
    proceed()
    await until(() => gate.sessions.length === 1 && gate.last.closes === 1, 'the session is closed')
    expect(gate.last.requests).toEqual([])
  })

  test('that the gate ends before it completes gives the last frame and nothing else', async () => {
    const { gate, client } = await start()
    gate.onOpen = (_handshake, connection) => {
      connection.emit(frame('early', 1))
      connection.end(frame('kick', { reason: 'same-device' }))
    }
    const socket = client()
    const seen: string[] = []
    socket.onAny((event: string) => seen.push(event))
    socket.on('disconnect', (reason) => seen.push(reason))
    socket.connect()
    await until(() => seen.length === 2, 'kick and disconnect')
    expect(seen).toEqual(['kick', 'io server disconnect'])
    await until(() => gate.last.closes === 1, 'closed')
  })

  test('that never comes is dropped after connectTimeoutMs', async () => {
    const { raw, transport } = await start({ connectTimeoutMs: 60 })
    const silent = await raw().opened()
    await until(() => silent.closed, 'dropped')
    await until(() => transport.counters().connections === 0, 'uncounted')
  })

  test('that the gate never answers is dropped after connectTimeoutMs', async () => {
    const { raw, gate } = await start({ connectTimeoutMs: 60 })
    gate.onOpen = () => new Promise(() => {})
    const socket = await raw().opened()
    socket.send('40/im,')
    await until(() => socket.closed, 'dropped')
    expect(gate.handshakes).toHaveLength(1)
  })
})

const refusedNoMore = async (socket: ReturnType<Awaited<ReturnType<typeof start>>['client']>) => {
  const ready = new Promise((resolve) => socket.once('ready', resolve))
  socket.connect()
  await ready
}

describe('namespaces', () => {
  test.each(['/', '/other', '/im2'])('%s is refused, and says so', async (nsp) => {
    const { client, gate, transport } = await start()
    expect((await refusal(client({}, nsp))).message).toBe('Invalid namespace')
    await until(() => transport.counters().connections === 0, 'the connection is gone')
    expect(gate.handshakes).toEqual([])
  })

  test('another name and path work the same', async () => {
    const { connected, gate } = await start({ path: '/chat/ws', namespace: '/talk/v1' })
    const socket = await connected()
    expect(await socket.emitWithAck('c2s', { a: 1 })).toEqual({ ok: true, data: [{ a: 1 }] })
    expect((gate.last as FakeSession).requests).toHaveLength(1)
  })
})

describe('caps', () => {
  const status = (error: Error | undefined) => error?.message

  test('of all connections: the next is refused until one leaves', async () => {
    const { connected, raw, transport } = await start({ connectionsMax: 2 })
    const first = await connected()
    await connected()
    const third = raw()
    await until(() => third.closed, 'turned away')
    expect(status(third.error)).toContain('503')
    first.disconnect()
    await until(() => transport.counters().connections === 1, 'one has left')
    await connected()
  })

  test('of unauthenticated connections: a flood does not disturb open sessions', async () => {
    const { connected, raw, transport } = await start({ unauthenticatedMax: 3 })
    const inside = await connected()
    const flood = Array.from({ length: 10 }, () => raw())
    await until(() => flood.filter((one) => one.closed).length === 7, 'seven are turned away')
    expect(transport.counters()).toMatchObject({ connections: 4, unauthenticated: 3, refused: 7 })
    expect(await inside.emitWithAck('c2s', 1)).toEqual({ ok: true, data: [1] })
  })

  test('of one address: other addresses still get in, as a trusted proxy tells them', async () => {
    const { raw, gate } = await start({ connectionsPerAddressMax: 1, trustedProxyHops: 1 })
    const from = (ip: string) => raw({ headers: { 'x-forwarded-for': `6.6.6.6, ${ip}` } })
    await from('10.0.0.1').joined()
    expect(gate.last.handshake.ip).toBe('10.0.0.1')
    const again = from('10.0.0.1')
    await until(() => again.closed, 'turned away')
    expect(status(again.error)).toContain('429')
    await from('10.0.0.2').joined()
  })

  test('X-Forwarded-For counts only with trustedProxyHops', async () => {
    const { raw, gate } = await start()
    await raw({ headers: { 'x-forwarded-for': '10.0.0.1' } }).joined()
    expect(gate.last.handshake.ip).toBe('127.0.0.1')
  })
})
