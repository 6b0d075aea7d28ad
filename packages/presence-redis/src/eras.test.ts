import { expect, it, onTestFinished } from 'vitest'
import { connect, describeOnRedis, forget, freshPrefix, redisUrl } from '../testing/redis.js'
import { Keys } from './keys.js'
import { RedisPresence } from './redis-presence.js'

const node = { nodeId: 'one', boot: 'b1', url: null, sessions: 0, takesClients: true }

describeOnRedis('an era on Redis', () => {
  /** Renews, sets the time of the last look to so long after now, and renews again. */
  async function setBack(byMs: number): Promise<{ before: { era: string; ms: number }; after: typeof before }> {
    const prefix = freshPrefix()
    const presence = new RedisPresence({ url: redisUrl, prefix })
    await presence.start(() => {})
    const client = await connect(redisUrl)
    onTestFinished(async () => {
      client.disconnect()
      await presence.stop()
      await forget(prefix)
    })
    const { time: before } = await presence.renew(node, 30_000, [])
    await client.hset(new Keys(prefix).leases, '', `${before.era} ${(before.ms + byMs).toFixed(3)}`)
    const { time: after } = await presence.renew(node, 30_000, [])
    return { before, after }
  }

  it('goes on where the clock is set back a little: time stands still until then', async () => {
    const { before, after } = await setBack(900)
    expect(after.era).toBe(before.era)
    expect(after.ms).toBeCloseTo(before.ms + 900, 2)
  })

  it('ends where the clock is set back by more', async () => {
    const { before, after } = await setBack(5000)
    expect(after.era).not.toBe(before.era)
  })
})
