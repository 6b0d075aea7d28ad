// The frames that leave: their order, their bytes, and the number of writes. Every case runs on both wires.
import { connect, type Socket as NetSocket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { frame, start, until } from './testing/harness.js'

/** Numbers that look random and are the same in every run. */
const sequence = (seed: number) => () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
  return seed / 2_147_483_648
}

const alphabet = ['a', '"', '\\', '\n', 'é', 'ß', '漢', '🙂', '\u2028', '</script>', '\u0000', 'ﷺ']
const text = (random: () => number, lengthMax: number): string => {
  const length = Math.floor(random() * lengthMax)
  let made = ''
  while (made.length < length) made += alphabet[Math.floor(random() * alphabet.length)]!
  return made
}

describe.each([
  ['straight to the socket', true],
  ['through engine.io', false],
])('%s', (_name, directWrites) => {
  test('events and answers arrive in the order queued and equal, from 0 to 64 KiB', async () => {
    const { gate, connected } = await start({ directWrites })
    const socket = await connected()
    const random = sequence(directWrites ? 1 : 2)
    const sent: string[] = []
    const got: string[] = []
    socket.on('entries', (value: { text: string }) => got.push(value.text))
    gate.onRequest = (session, { args, answer }) => {
      for (let i = Math.floor(random() * 4); i > 0; i--) {
        const value = text(random, random() < 0.2 ? 65_536 : 200)
        sent.push(value)
        session.connection.emit(frame('entries', { text: value }))
      }
      sent.push(`answer ${String(args[0])}`)
      answer?.(JSON.stringify({ ok: true, data: args }))
    }
    for (let i = 0; i < 300; i++) {
      socket.emit('c2c', i, (answer: { data: [number] }) => got.push(`answer ${answer.data[0]}`))
      if (i % 50 === 49) await until(() => got.at(-1) === `answer ${i}`, `answer ${i}`)
    }
    expect(got.length).toBe(sent.length)
    expect(got.every((value, i) => value === sent[i])).toBe(true)
  })

  test('a frame of exactly each size at which the websocket header changes arrives whole', async () => {
    const { gate, connected } = await start({ directWrites })
    const socket = await connected()
    const got: unknown[] = []
    socket.on('e', (value: unknown) => got.push(value))
    // 42/im,["e",…] : 12 bytes around the JSON, whose quotes are 2 more.
    const values = [125, 126, 127, 65_535, 65_536, 65_537].map((size) => 'x'.repeat(size - 14))
    for (const value of values) gate.last.connection.emit(frame('e', value))
    await until(() => got.length === values.length, 'all of them')
    expect(got).toEqual(values)
  })

  test('one frame is encoded once for all its receivers', async () => {
    const { gate, connected } = await start({ directWrites })
    const sockets = await Promise.all([connected(), connected(), connected()])
    const one = frame('entries', { text: 'to all' })
    const got: unknown[] = []
    for (const socket of sockets) socket.on('entries', (value: unknown) => got.push(value))
    gate.sessions[0]!.connection.emit(one)
    const { encoded } = one
    expect(encoded).toBeDefined()
    for (const session of gate.sessions.slice(1)) session.connection.emit(one)
    await until(() => got.length === 3, 'three')
    expect(one.encoded).toBe(encoded)
    expect(got).toEqual(Array.from({ length: 3 }, () => ({ text: 'to all' })))
  })

  test('a frame encoded for one namespace is encoded anew for another', async () => {
    const one = await start({ directWrites })
    const other = await start({ directWrites, namespace: '/other' })
    const sockets = [await one.connected(), await other.connected()]
    const same = frame('entries', 7)
    const got: unknown[] = []
    for (const socket of sockets) socket.on('entries', (value: unknown) => got.push(value))
    one.gate.last.connection.emit(same)
    other.gate.last.connection.emit(same)
    await until(() => got.length === 2, 'both')
    expect(got).toEqual([7, 7])
  })

  test('a frame that asks for an acknowledgement hears of its own acknowledgement, once', async () => {
    const { gate, connected } = await start({ directWrites })
    const socket = await connected()
    const answers: (() => void)[] = []
    socket.on('s2c', (_value: unknown, answer: () => void) => answers.push(answer))
    const told: string[] = []
    const { connection } = gate.last
    connection.emit(frame('s2c', 1), () => told.push('first'))
    connection.emit(frame('s2c', 2), () => told.push('second'))
    await until(() => answers.length === 2, 'both')
    answers[1]!()
    await until(() => told.length === 1, 'one')
    answers[0]!()
    await until(() => told.length === 2, 'two')
    expect(told).toEqual(['second', 'first'])
  })

  test('repeated, unknown and late acknowledgements are ignored', async () => {
    const { gate, raw } = await start({ directWrites })
    const socket = await raw().joined()
    let told = 0
    for (let i = 0; i < 2_000; i++) gate.last.connection.emit(frame('s2c', i), () => told++)
    await socket.received('["s2c",1999]')
    for (const id of [1_999, 1_999, 0, 5_000]) socket.send(`43/im,${id}[]`)
    socket.send('42/im,1["c2s"]')
    await socket.received('43/im,1[')
    expect(told).toBe(1)
  })

  test('a request without an acknowledgement reaches the gate without an answer', async () => {
    const { gate, connected } = await start({ directWrites })
    const socket = await connected()
    socket.emit('ack', { seq: 3 }, 'more', null)
    await until(() => gate.last.requests.length === 1, 'the request')
    expect(gate.last.requests[0]).toEqual({ event: 'ack', args: [{ seq: 3 }, 'more', null], answer: undefined })
  })

  test('an answer may come much later, and not after the client is gone', async () => {
    const { gate, connected } = await start({ directWrites })
    gate.onRequest = () => {}
    const socket = await connected()
    const answered = socket.emitWithAck('c2s', 1)
    await until(() => gate.last.requests.length === 1, 'the request')
    const { answer } = gate.last.requests[0]!
    setTimeout(() => answer!('{"ok":true}'), 20)
    expect(await answered).toEqual({ ok: true })
    socket.disconnect()
    await until(() => gate.last.closes === 1, 'closed')
    answer!('{"ok":true}')
    gate.last.connection.emit(frame('entries', 1))
    gate.last.connection.end()
    expect(gate.last.connection.queuedBytes).toBe(0)
  })

  test('binary arguments reach the gate, and binary acknowledgements count', async () => {
    const { gate, connected } = await start({ directWrites })
    const socket = await connected()
    const { connection } = gate.last
    socket.emit('c2s', { a: Buffer.from('b') }, new Uint8Array([1]))
    await until(() => gate.last.requests.length === 1, 'the request')
    expect(gate.last.requests[0]!.args).toEqual([{ a: Buffer.from('b') }, Buffer.from([1])])
    let told = false
    socket.on('s2c', (_value: unknown, answer: (value: unknown) => void) => answer(Buffer.from('x')))
    connection.emit(frame('s2c', 1), () => (told = true))
    await until(() => told, 'the acknowledgement')
    expect(await socket.emitWithAck('c2s', 'text after it')).toEqual({ ok: true, data: ['text after it'] })
  })

  test('engine.io pings and websocket pings go on between our frames', async () => {
    const { gate, connected, raw } = await start({ directWrites, pingIntervalMs: 15, pingTimeoutMs: 500 })
    const socket = await connected()
    const other = await raw().joined()
    let pings = 0
    socket.io.engine.on('ping', () => pings++)
    let pongs = 0
    other.socket.on('pong', () => pongs++)
    let sent = 0
    let got = 0
    socket.on('entries', (value: { n: number }) => {
      expect(value.n).toBe(got)
      got++
    })
    const { connection } = gate.sessions[0]!
    const stop = setInterval(() => {
      for (let i = 0; i < 20; i++) connection.emit(frame('entries', { n: sent++, fill: 'z'.repeat(3_000) }))
      gate.last.connection.emit(frame('entries', { fill: 'z'.repeat(3_000) }))
      other.socket.ping('p')
      if (other.texts.includes('2')) other.send('3')
    }, 1)
    onTestFinished(() => clearInterval(stop))
    await until(() => pings >= 8 && pongs >= 20, 'pings and pongs')
    clearInterval(stop)
    await until(() => got === sent, 'every frame')
    expect(socket.connected).toBe(true)
  })
})

test('frames and answers of one turn leave as one write', async () => {
  const { gate, port } = await start()
  gate.onRequest = (session, { answer }) => {
    session.connection.emit(frame('entries', { n: 1 }))
    answer?.('{"ok":true}')
    void Promise.resolve().then(() => session.connection.emit(frame('entries', { n: 2 })))
  }
  const net = connect(port, '127.0.0.1')
  onTestFinished(() => void net.destroy())
  const chunks: string[] = []
  net.on('data', (chunk: Buffer) => chunks.push(chunk.toString('latin1')))
  net.write(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n',
  )
  const send = (text: string): Buffer =>
    // Masked with zeros, so that the payload stays as it is.
    Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
  await until(() => chunks.join('').includes('maxPayload'), 'open')
  net.write(send('40/im,'))
  await until(() => chunks.join('').includes('"ready"'), 'ready')
  chunks.length = 0
  net.write(Buffer.concat([send('42/im,7["a"]'), send('42/im,8["b"]')]))
  await until(() => chunks.join('').split('{"n":2}').length === 3, 'everything')
  expect(chunks).toHaveLength(1)
  expect(chunks[0]!.match(/4[23]\/im,\d?\[[^\]]*\]/g)).toEqual([
    '42/im,["entries",{"n":1}]',
    '43/im,7[{"ok":true}]',
    '42/im,["entries",{"n":1}]',
    '43/im,8[{"ok":true}]',
    '42/im,["entries",{"n":2}]',
    '42/im,["entries",{"n":2}]',
  ])
})

test('the greeting of socket.io is never overtaken, even when engine.io has to hold it back', async () => {
  const { gate, raw, server } = await start({ pingIntervalMs: 10 })
  let net: NetSocket | undefined
  server.on('connection', (socket: NetSocket) => (net = socket))
  const socket = raw()
  // There is a next ping only behind an answer to the last, which may have come before the handshake.
  socket.socket.on('message', (data: Buffer) => {
    if (data.toString() === '2') socket.send('3')
  })
  gate.onOpen = async (_handshake, connection) => {
    for (let i = 0; i < 3; i++) connection.emit(frame('early', i))
    // While the socket does not take a ping, engine.io gives it nothing else.
    net!.cork()
    await until(() => net!.writableLength > 0, 'a ping is stuck')
  }
  await socket.opened()
  socket.send('40/im,')
  await until(() => gate.sessions.length === 1, 'accepted')
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  net!.uncork()
  await socket.received('["ready"')
  expect(socket.texts.slice(1).filter((text) => text !== '2')).toEqual([
    expect.stringContaining('40/im,{"sid":'),
    ...[0, 1, 2].map((i) => `42/im,["early",${i}]`),
    '42/im,["ready",{"n":1}]',
  ])
})
