// Rookery without a framework: core, SQLite in worker threads, and socket.io on a plain HTTP server.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createRookery, type Logger } from '@rookery/core'
import { TypeOrmStorage } from '@rookery/storage-typeorm'
import { attachSocketIo } from '@rookery/transport-socketio'
import { databaseFolder, serve } from './serve.js'
import { watch } from './rookery-durability.js'

const logger: Logger = { info: () => undefined, warn: console.error, error: console.error }
const storage = new TypeOrmStorage({ type: 'better-sqlite3', database: join(databaseFolder(), 'app.im.sqlite') })
const storing = watch(storage)
const rookery = createRookery({ storage, authenticate: ({ token }) => ({ userId: token }), rate: 'off', logger })
await rookery.start()

const http = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 })
attachSocketIo(http, rookery.gate, { logger })
http.listen(0, '127.0.0.1', () => serve((http.address() as AddressInfo).port, storing))
