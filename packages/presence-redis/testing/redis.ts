// For tests on Redis: the running server, under a prefix of their own.
//
// The server is that of REDIS_URL, on this machine unless that says otherwise. Where none answers, the tests are skipped by
// name; where CI is set, they fail.
import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { describe, it } from 'vitest'

export const redisUrl = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379'

/** A client of ioredis itself, without our settings. The caller must disconnect it. */
export async function connect(url: string): Promise<Redis> {
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null })
  // A test that stops a server also breaks its clients' connections.
  client.on('error', () => {})
  await client.connect()
  return client
}

const place = (({ hostname, port }) => `${hostname}:${port || 6379}`)(new URL(redisUrl))

const unreachable = await connect(redisUrl).then(
  (client) => (client.disconnect(), null),
  (error: unknown) => error,
)
if (unreachable !== null && process.env['CI']) throw new Error(`no Redis at ${place}`, { cause: unreachable })

/** Like `describe`, where a Redis answers: the cases run beside one another, since most of their time is waiting. */
export function describeOnRedis(name: string, cases: () => void): void {
  if (unreachable === null) describe.concurrent(name, cases)
  else describe.skip(`${name} (no Redis at ${place})`, () => it('is not shown', () => {}))
}

/** A prefix that nobody else uses. */
export const freshPrefix = (): string => `rookery-test-${randomBytes(6).toString('hex')}:`

/** Removes what stands under a prefix. */
export async function forget(prefix: string, url = redisUrl): Promise<void> {
  const client = await connect(url)
  for await (const keys of client.scanStream({ match: `${prefix}*`, count: 1000 }))
    if ((keys as string[]).length > 0) await client.del(...(keys as string[]))
  client.disconnect()
}
