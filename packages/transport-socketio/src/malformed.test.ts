// Whatever a client sends, the process goes on, others notice nothing, and the next client works.
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { type RawClient, start, until } from './testing/harness.js'

/** A masked client frame with any first byte. */
const bytes = (first: number, payload: Buffer | string, masked = true): Buffer => {
  const data = Buffer.from(payload)
  const mask = masked ? 0x80 : 0
  const length =
    data.length < 126
      ? Buffer.from([mask | data.length])
      : Buffer.from([mask | 126, data.length >> 8, data.length & 255])
  return Buffer.concat([Buffer.from([first]), length, masked ? Buffer.alloc(4) : Buffer.alloc(0), data])
}
const tcp = (client: RawClient) => (client.socket as unknown as { _socket: { write(data: Buffer): void } })._socket
const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

type Case = readonly [
  name: string,
  send: (client: RawClient) => void,
  joined: 'joined' | 'opened',
  ends: 'closed' | 'open',
]
const text =
  (...messages: string[]) =>
  (client: RawClient): void => {
    for (const message of messages) client.send(message)
  }

const cases: readonly Case[] = [
  ['garbage text', text('garbage'), 'joined', 'closed'],
  ['an empty message', text(''), 'joined', 'closed'],
  ['an engine.io ping, which only servers send', text('2probe'), 'joined', 'closed'],
  ['an engine.io close', text('1'), 'joined', 'open'],
  ['an engine.io open', text('0{}'), 'joined', 'open'],
  ['an empty engine.io message', text('4'), 'joined', 'closed'],
  ['packet type 9', text('49'), 'joined', 'closed'],
  ['packet type x', text('4x/im,["a"]'), 'joined', 'closed'],
  ['an event without a list', text('42/im,{"a":1}'), 'joined', 'closed'],
  ['an event without anything', text('42/im,'), 'joined', 'closed'],
  ['an event without a name', text('42/im,[]'), 'joined', 'closed'],
  ['an event whose name is a number', text('42/im,[1]'), 'joined', 'closed'],
  ['an event whose name is an object', text('42/im,[{"a":1}]'), 'joined', 'closed'],
  ['invalid JSON', text('42/im,["a",'), 'joined', 'closed'],
  ['two values', text('42/im,["a"]["b"]'), 'joined', 'closed'],
  ['an id beyond 2^53', text('42/im,9007199254740993["a"]'), 'joined', 'closed'],
  ['an id of a thousand digits', text(`42/im,${'9'.repeat(1_000)}["a"]`), 'joined', 'closed'],
  ['a negative id', text('42/im,-1["a"]'), 'joined', 'closed'],
  ['JSON 100,000 deep', text(`42/im,["a",${deep(100_000)}]`), 'joined', 'open'],
  ['unclosed JSON 200,000 deep', text(`42/im,["a",${'['.repeat(200_000)}`), 'joined', 'closed'],
  [
    'binary JSON 20,000 deep',
    (c) => (c.send(`451-/im,["a",${deep(20_000)}]`), c.send(Buffer.from([1]))),
    'joined',
    'closed',
  ],
  ['an acknowledgement without an id', text('43/im,[]'), 'joined', 'closed'],
  ['an acknowledgement without a list', text('43/im,1{}'), 'joined', 'closed'],
  ['an acknowledgement that nobody asked for', text('43/im,1[]'), 'joined', 'open'],
  [
    'a reserved event name',
    text('42/im,1["disconnect"]', '42/im,2["newListener"]', '42/im,3["error"]'),
    'joined',
    'open',
  ],
  ['__proto__ as an event and in a payload', text('42/im,1["__proto__",{"__proto__":{"a":1}}]'), 'joined', 'open'],
  [
    'a reserved name in a binary event',
    (c) => (c.send('451-/im,["connect",{"_placeholder":true,"num":0}]'), c.send(Buffer.from([1]))),
    'joined',
    'closed',
  ],
  ['binary that nobody announced', (c) => c.send(Buffer.from([1, 2, 3])), 'joined', 'closed'],
  [
    'a placeholder out of range',
    (c) => (c.send('451-/im,["a",{"_placeholder":true,"num":5}]'), c.send(Buffer.from([1]))),
    'joined',
    'closed',
  ],
  [
    'a placeholder whose number is text',
    (c) => (c.send('451-/im,["a",{"_placeholder":true,"num":"splice"}]'), c.send(Buffer.from([1]))),
    'joined',
    'closed',
  ],
  [
    'attachments that never come, then an event',
    text('452-/im,["a",{"_placeholder":true,"num":0}]', '42/im,["b"]'),
    'joined',
    'closed',
  ],
  ['attachments that never come', text('452-/im,["a",{"_placeholder":true,"num":0}]'), 'joined', 'open'],
  ['more attachments than allowed', text('45999999-/im,["a"]'), 'joined', 'closed'],
  ['attachments of no number', text('45x-/im,["a"]'), 'joined', 'closed'],
  ['a refusal, which only servers send', text('44/im,{"message":"x"}'), 'joined', 'closed'],
  ['CONNECT twice, one after the other', text('40/im,'), 'joined', 'closed'],
  ['an event of another namespace', text('42/other,["a"]'), 'joined', 'closed'],
  ['CONNECT to another namespace as well', text('40/other,'), 'joined', 'closed'],
  ['CONNECT to / as well', text('40'), 'joined', 'closed'],
  ['a disconnect of another namespace', text('41/other,'), 'joined', 'closed'],
  ['a disconnect', text('41/im,'), 'joined', 'closed'],
  ['a frame over the limit', text(`42/im,["a","${'x'.repeat(300_000)}"]`), 'joined', 'closed'],
  ['bad UTF-8', (c) => tcp(c).write(bytes(0x81, Buffer.from([0x34, 0x32, 0xff, 0xfe]))), 'joined', 'closed'],
  ['an unmasked frame', (c) => tcp(c).write(bytes(0x81, '42/im,["a"]', false)), 'joined', 'closed'],
  ['a reserved websocket opcode', (c) => tcp(c).write(bytes(0x83, 'x')), 'joined', 'closed'],
  ['a reserved websocket bit', (c) => tcp(c).write(bytes(0xc1, 'x')), 'joined', 'closed'],
  [
    '20,000 fragments',
    (c) => {
      tcp(c).write(bytes(0x01, '4'))
      tcp(c).write(Buffer.concat(Array.from({ length: 20_000 }, () => bytes(0x00, 'x'))))
    },
    'joined',
    'closed',
  ],
  [
    'an event in 1,000 fragments',
    (c) => {
      const parts = Array.from(`42/im,5["a","${'x'.repeat(985)}"]`).map((part, i) => bytes(i === 0 ? 0x01 : 0x00, part))
      tcp(c).write(Buffer.concat([...parts, bytes(0x80, '')]))
    },
    'joined',
    'open',
  ],
  [
    '10,000 websocket pings',
    (c) => tcp(c).write(Buffer.concat(Array.from({ length: 10_000 }, () => bytes(0x89, '')))),
    'joined',
    'open',
  ],
  ['an event before CONNECT', text('42/im,["a"]'), 'opened', 'closed'],
  ['an event right behind CONNECT', text('40/im,', '42/im,["a"]'), 'opened', 'closed'],
  ['CONNECT twice at once', text('40/im,', '40/im,'), 'opened', 'closed'],
  ['CONNECT with a list', text('40/im,[1]'), 'opened', 'closed'],
  ['CONNECT with text', text('40/im,"a"'), 'opened', 'closed'],
  ['CONNECT with broken JSON', text('40/im,{"a":'), 'opened', 'closed'],
  ['CONNECT with a recovery id', text('40/im,{"pid":"x","offset":"y"}'), 'opened', 'open'],
  ['CONNECT 100,000 deep', text(`40/im,{"a":${deep(100_000)}}`), 'opened', 'open'],
  ['CONNECT to a namespace of 10,000 characters', text(`40/${'n'.repeat(10_000)},`), 'opened', 'closed'],
  ['CONNECT with a query', text('40/im?token=x,'), 'opened', 'closed'],
  ['binary before CONNECT', (c) => c.send(Buffer.from([1])), 'opened', 'closed'],
]

test.each(cases)('%s', async (_name, send, stage, ends) => {
  const { connected, raw, gate } = await start()
  const witness = await connected()
  let left = false
  witness.on('disconnect', () => (left = true))
  const attacker = await (stage === 'joined' ? raw().joined() : raw().opened())
  send(attacker)
  if (ends === 'closed') await until(() => attacker.closed, 'the sender is closed')
  else {
    await until(() => gate.sessions.length === 2, 'joined')
    // It is still open and still answers, except while socket.io waits for attachments.
    await until(() => attacker.socket.readyState === 1, 'open')
    if (!_name.startsWith('attachments')) {
      attacker.send('42/im,77["still"]')
      await attacker.received('43/im,77[')
    }
  }
  expect(await witness.emitWithAck('c2s', 'witness')).toEqual({ ok: true, data: ['witness'] })
  expect(left).toBe(false)
  const fresh = await connected()
  expect(await fresh.emitWithAck('c2s', 'fresh')).toEqual({ ok: true, data: ['fresh'] })
  expect(({} as { a?: unknown }).a).toBeUndefined()
})

test('the gate got nothing that a client sent before its handshake was complete', async () => {
  const { raw, gate, transport } = await start()
  let proceed = (): void => {}
  gate.onOpen = () => new Promise<void>((resolve) => (proceed = resolve))
  const eager = await raw().opened()
  eager.send('40/im,')
  await until(() => gate.handshakes.length === 1, 'asked')
  eager.send('42/im,1["a"]')
  await until(() => eager.closed, 'closed')
  proceed()
  await until(() => gate.sessions.length === 1 && gate.last.closes === 1, 'closed for the gate')
  expect(gate.last.requests).toEqual([])
  expect(transport.counters().malformed).toBe(1)
})

test('a TCP connection that is reset at any point frees everything', async () => {
  const { port, transport, connected, gate } = await start()
  const upgrade =
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n'
  const whole = Buffer.concat([Buffer.from(upgrade), bytes(0x81, '40/im,'), bytes(0x81, '42/im,1["a"]')])
  for (let cut = 10; cut <= whole.length; cut += 23) {
    const net = connect(port, '127.0.0.1')
    net.on('error', () => {})
    onTestFinished(() => void net.destroy())
    await new Promise<void>((resolve) => net.write(whole.subarray(0, cut), () => resolve()))
    net.resetAndDestroy()
  }
  await until(() => transport.counters().connections === 0, 'all are gone')
  await until(() => gate.sessions.every(({ closes }) => closes === 1), 'every session closed once')
  await connected()
})
