// What REDIS_URL brings: two processes of the app are one system.
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { describeWithServers, PrivateRedis } from '../../packages/presence-redis/testing/private-redis.js'
import { dataFolder } from '../testing/running-app.js'
import { startTestApp } from './testing/test-app.js'

describeWithServers('with REDIS_URL', () => {
  it('a message crosses processes, and a login in one ends the session in the other', async () => {
    const redis = await PrivateRedis.start()
    onTestFinished(() => redis.remove())
    const folder = dataFolder()
    const env = { REDIS_URL: redis.url, DATABASE_URL: `sqlite:${join(folder.path, 'app.sqlite')}` }
    const [one, two] = [await startTestApp(env), await startTestApp(env)]
    onTestFinished(async () => {
      await one.close()
      await two.close()
      folder.remove()
    })
    const [alice, bob] = [await one.chat.online('alice'), await two.chat.online('bob')]
    await alice.send('bob', 'hello')
    await vi.waitFor(() => expect(bob.texts).toEqual(['hello']))
    await one.chat.online('bob')
    await vi.waitFor(() => expect(bob.isOnline).toBe(false))
    expect((await one.get('/health')).body).toMatchObject({ details: { chat: { parts: { presence: { ok: true } } } } })
  })
})
