import { Cluster, Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import { checkRedisOptions, type RedisOptions } from './options.js'
import { RedisBus } from './redis-bus.js'
import { RedisPresence } from './redis-presence.js'

const client = new Redis({ lazyConnect: true })
const other = new Redis({ lazyConnect: true })
afterAll(() => {
  client.disconnect()
  other.disconnect()
})

const mistakes: readonly (readonly [says: string, given: unknown])[] = [
  ['does not know where Redis is: give url', {}],
  ['is given url and cluster: give one of them', { url: 'redis://a', cluster: [{ host: 'a', port: 1 }] }],
  ['option url must be such as redis://', { url: '127.0.0.1:6379' }],
  ['option sentinels must be a list such as', { sentinels: [] }],
  ['option cluster must be a list such as', { cluster: [{ host: 'a' }] }],
  ['option clients must be { commands, publish, subscribe }', { clients: { commands: client } }],
  [
    'option clients.subscribe must be a client of its own',
    { clients: { commands: client, publish: other, subscribe: client } },
  ],
  ['option connection may hold username', { url: 'redis://a', connection: { enableOfflineQueue: true } }],
  ['option prefix must be up to 64 characters without braces', { url: 'redis://a', prefix: '{chat}' }],
  ['option timeoutMs must be whole milliseconds', { url: 'redis://a', timeoutMs: 0.5 }],
  ['option unconfirmedBytesMax must be whole bytes', { url: 'redis://a', unconfirmedBytesMax: -1 }],
  ['option ulr does not exist', { ulr: 'redis://a' }],
]

describe('a mistake in the options is named in one line', () => {
  it.each(mistakes)('%s', (says, given) => {
    for (const make of [checkRedisOptions, (options: RedisOptions) => new RedisPresence(options)])
      expect(() => make(given as RedisOptions)).toThrow(
        new RegExp(`^presence-redis .*${says.replaceAll(/[{}.[\]]/g, '\\$&')}.*$`),
      )
  })
})

describe('clients of the host', () => {
  it('are told in one line each what they lack', () => {
    const lines: string[] = []
    const logger = { info() {}, warn: (line: string) => void lines.push(line), error() {} }
    const nodes = new Cluster([], { lazyConnect: true })
    const right = new Redis({
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      socketTimeout: 1000,
    })
    new RedisBus({ clients: { commands: right, publish: right, subscribe: nodes }, logger })
    new RedisPresence({ clients: { commands: right, publish: right, subscribe: nodes }, logger })
    expect(lines.map((line) => /^the client (\w+) should have (\w+)/.exec(line)!.slice(1).join(' '))).toEqual([
      'subscribe maxRetriesPerRequest',
      'subscribe autoResendUnfulfilledCommands',
      'subscribe socketTimeout',
      'subscribe shardedSubscribers',
    ])
  })
})
