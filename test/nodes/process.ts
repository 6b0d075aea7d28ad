// A node in a process of its own, which a test can kill and pause: it prints its port when it takes clients. Every token is
// its user's id.
import { createRookery } from '@rookery/core'
import { RedisBus, RedisPresence } from '@rookery/presence-redis'
import { TypeOrmStorage, type TypeOrmStorageOptions } from '@rookery/storage-typeorm'
import { attachSocketIo } from '@rookery/transport-socketio'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const { database, url, timing } = JSON.parse(process.argv[2]!) as {
  readonly database: TypeOrmStorageOptions
  readonly url: string
  readonly timing: { readonly leaseMs: number }
}
const rookery = createRookery({
  storage: new TypeOrmStorage(database),
  presence: new RedisPresence({ url }),
  bus: new RedisBus({ url }),
  authenticate: ({ token }) => ({ userId: token }),
  timing,
})
await rookery.start()
const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 })
attachSocketIo(server, rookery.gate, {})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
