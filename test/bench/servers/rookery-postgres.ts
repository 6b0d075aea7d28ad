// Rookery without a framework on PostgreSQL: core, its storage, and socket.io on a plain HTTP server.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRookery, type Logger } from '@rookery/core'
import { TypeOrmStorage } from '@rookery/storage-typeorm'
import { attachSocketIo } from '@rookery/transport-socketio'
import { databaseUrl, serve } from './serve.js'
import { watch } from './rookery-durability.js'

const logger: Logger = { info: () => undefined, warn: console.error, error: console.error }
const storage = new TypeOrmStorage({ type: 'postgres', url: databaseUrl() })
/** The group size above which fan-out on read begins, if the benchmark asks for another than the default. */
const fanout = (): { fanout?: { readAbove: number } } => {
  const readAbove = process.env['BENCH_READ_ABOVE']
  return readAbove === undefined ? {} : { fanout: { readAbove: Number(readAbove) } }
}

const storing = watch(storage)
const rookery = createRookery({
  storage,
  authenticate: ({ token }) => ({ userId: token }),
  rate: 'off',
  limits: { groupMembers: 10_000 },
  ...fanout(),
  logger,
})
await rookery.start()

const http = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 })
attachSocketIo(http, rookery.gate, { logger })
http.listen(0, '127.0.0.1', () => serve((http.address() as AddressInfo).port, storing))
