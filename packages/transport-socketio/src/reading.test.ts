import { expect, it } from 'vitest'
import { start, until } from './testing/harness.js'

it('stopReading holds back what was not read yet, and readOn brings the rest', async () => {
  const { gate, raw } = await start()
  gate.onRequest = (session) => {
    if (session === gate.sessions[0] && session.requests.length === 1) session.connection.stopReading()
  }
  const client = await raw().joined()
  const session = gate.last
  // More than one read of a socket brings.
  const text = `42/im,["ack",{"seq":1,"fill":"${'x'.repeat(1_000)}"}]`
  const count = 2_000
  for (let i = 0; i < count; i++) client.send(text)
  await until(() => session.requests.length > 0, 'something is read')
  // Another client connects meanwhile: by then everything that was read of the first has arrived.
  const other = await raw().joined()
  for (let i = 0; i < 20; i++) {
    other.send('42/im,1["time",{}]')
    await until(() => gate.last.requests.length > i, 'the other is read')
  }
  const ahead = session.requests.length
  expect(ahead).toBeLessThan(count / 4)
  gate.onRequest = () => {}
  session.connection.readOn()
  await until(() => session.requests.length === count, 'the rest is read')
})

it('while nobody reads it, its silence does not count: pings go on, pongs are not needed, and it stays', async () => {
  const pings = { pingIntervalMs: 40, pingTimeoutMs: 40 }
  const { gate, raw } = await start(pings)
  const client = await raw().joined()
  const seen = () => client.texts.filter((text) => text === '2').length
  await until(() => seen() > 0, 'it is pinged')
  // It answers neither the ping that is out nor any later one.
  gate.last.connection.stopReading()
  const before = seen()
  await until(() => seen() > before + 10, 'it is pinged on')
  expect(client.closed).toBe(false)
  expect(gate.last.closes).toBe(0)
  // Once the link reads again and the client is still silent, the transport closes it like every other.
  gate.last.connection.readOn()
  await until(() => gate.last.closes === 1, 'it is closed')
})

it('frames to it still leave', async () => {
  const { gate, raw } = await start()
  const client = await raw().joined()
  gate.last.connection.stopReading()
  gate.last.connection.emit({ event: 'sync', json: '{"seq":1}' })
  await client.received('["sync"')
})

it('a client that the gate ends while nobody reads it gets its last frame, and is gone', async () => {
  const { gate, raw, transport } = await start()
  const client = await raw().joined()
  gate.last.connection.stopReading()
  for (let i = 0; i < 100; i++) client.send('42/im,["ack",{"seq":1}]')
  gate.last.connection.end({ event: 'kick', json: '{"reason":"admin"}' })
  await client.received('["kick"')
  await until(() => client.closed && transport.counters().connections === 0, 'it is gone')
  expect(gate.last.closes).toBe(1)
})
