// Compares the transport with a bare socket.io server: the heap of an idle connection, and the messages that each
// relays in a second. The two take turns. `npm run build && npm run bench -w @rookery/transport-socketio`; needs the
// built package and about a minute.
import { fork } from 'node:child_process'
import { join } from './client.mjs'

const kinds = ['plain', 'direct', 'engine']
const idleConnections = 2_000
const pairs = 100
const rounds = 3
const windowMs = 3_000
const body = 'x'.repeat(100)
const answerType = 0x33

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

const start = async (kind) => {
  const child = fork(new URL('server.mjs', import.meta.url), [kind], { execArgv: ['--expose-gc'] })
  const next = () => new Promise((resolve) => child.once('message', resolve))
  const ask = (what) => {
    const answer = next()
    child.send(what)
    return answer
  }
  const { port } = await next()
  return { port, ask, stop: () => child.send('stop') }
}

const idle = async (kind) => {
  const server = await start(kind)
  // The first connections load and allocate what all share; they do not count.
  for (let i = 0; i < 50; i++) (await join(server.port, i)).close()
  const before = await server.ask('memory')
  const clients = []
  while (clients.length < idleConnections) {
    const ids = Array.from({ length: 50 }, (_, i) => clients.length + i)
    clients.push(...(await Promise.all(ids.map((id) => join(server.port, id)))))
  }
  const after = await server.ask('memory')
  for (const client of clients) client.close()
  server.stop()
  return (after.heapUsed - before.heapUsed) / idleConnections
}

const relay = async (kind, outstanding) => {
  const server = await start(kind)
  let answered = 0
  let received = 0
  const clients = []
  for (let pair = 0; pair < pairs; pair++) {
    let id = 0
    const message = () => `42/im,${id++}["c2c",{"to":"u","content":{"text":"${body}"}}]`
    const sender = await join(server.port, pair * 2, (type) => {
      if (type !== answerType) return
      answered++
      sender.send(message())
    })
    const receiver = await join(server.port, pair * 2 + 1, () => received++)
    clients.push(sender, receiver)
    sender.sendAll(Array.from({ length: outstanding }, message))
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  const [from, begin] = [{ answered, received }, performance.now()]
  const usage = await server.ask('usage')
  await new Promise((resolve) => setTimeout(resolve, windowMs))
  const seconds = (performance.now() - begin) / 1_000
  const count = Math.min(answered - from.answered, received - from.received)
  const { cpu } = await server.ask('usage')
  for (const client of clients) client.close()
  server.stop()
  return { rate: count / seconds, cpu: (cpu.user + cpu.system - usage.cpu.user - usage.cpu.system) / count }
}

const show = (label, values, unit, digits) => {
  const base = median(values.plain)
  for (const kind of Object.keys(values)) {
    const value = median(values[kind])
    console.log(
      `${label} ${kind.padEnd(7)} ${value.toFixed(digits).padStart(8)} ${unit}  ${(value / base).toFixed(2)} × plain`,
    )
  }
}

const collect = async (measure) => {
  const values = Object.fromEntries(kinds.map((kind) => [kind, []]))
  for (let round = 0; round < rounds; round++) for (const kind of kinds) values[kind].push(await measure(kind))
  return values
}

const only = process.argv[2]
if (only !== 'relay') show('idle heap  ', await collect(async (kind) => (await idle(kind)) / 1_024), 'KiB', 1)
for (const outstanding of only === 'idle' ? [] : [1, 8]) {
  const results = await collect((kind) => relay(kind, outstanding))
  const each = (pick) => Object.fromEntries(kinds.map((kind) => [kind, results[kind].map(pick)]))
  show(
    `relay, ${outstanding} outstanding    `,
    each(({ rate }) => rate),
    'messages/s',
    0,
  )
  show(
    `relay, ${outstanding} outstanding CPU`,
    each(({ cpu }) => cpu),
    'µs/message',
    1,
  )
}
