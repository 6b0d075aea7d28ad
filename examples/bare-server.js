// Chat on a bare HTTP server, without NestJS: `node examples/bare-server.js [port]`. Everything is kept in memory, and whoever
// shows `token-of-NAME` is NAME: put your own storage and your own check of tokens in their places.
import { createServer } from 'node:http'
import { createRookery, MemoryStorage, RookeryError } from '@rookery/core'
import { attachSocketIo } from '@rookery/transport-socketio'

const logger = {
  info: (message, facts) => console.log(message, facts ?? ''),
  warn: (message, facts) => console.warn(message, facts ?? ''),
  error: (message, error, facts) => console.error(message, error, facts ?? ''),
}

const rookery = createRookery({
  storage: new MemoryStorage(),
  authenticate: ({ token }) => (token.startsWith('token-of-') ? { userId: token.slice('token-of-'.length) } : null),
  handlers: {
    before: (kind, type) => (type === 'text' ? refuseShouting : undefined),
    after: () => undefined,
    topic: (topic) => (topic === 'echo' ? async (session, payload) => payload : undefined),
  },
  logger,
})

async function refuseShouting(session, { content }) {
  if (content.text === content.text?.toUpperCase()) throw new RookeryError('REJECTED', 'no shouting')
}

const server = createServer((request, response) => void tellHealth(response))

async function tellHealth(response) {
  const health = await rookery.health()
  response.writeHead(health.ok ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify(health))
}

// Idle connections must not hold a server open.
server.headersTimeout = server.requestTimeout = 10_000
const transport = attachSocketIo(server, rookery.gate, { logger })

await rookery.start()
server.listen(Number(process.argv[2] ?? 3000), '127.0.0.1', () => console.log(`listening on ${server.address().port}`))

async function stop() {
  await rookery.drain()
  await transport.close()
  server.close()
  await rookery.stop()
}
process.once('SIGTERM', () => void stop())
