// Kills the built app between the commit of an offer and the numbering of its message.
import libsql from 'libsql'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { ask, connect, post, tokenOf } from '../../testing/client.js'
import { dataFolder, type RunningApp, startApp } from '../../testing/running-app.js'

const sweepMsMax = 2000

it(
  'an offer that was answered just before a kill -9 reaches the seller within 2 s of the next start, once',
  { timeout: 120_000 },
  async () => {
    const { path, remove } = dataFolder()
    const apps: RunningApp[] = []
    const start = async (): Promise<RunningApp> => {
      const app = await startApp(path)
      apps.push(app)
      return app
    }
    try {
      const first = await start()
      const [buyer, seller] = [await tokenOf(first.url, 'alice'), await tokenOf(first.url, 'bob')]
      const as = (token: string) => ({ authorization: `Bearer ${token}` })
      const listing = await post(`${first.url}/listings`, { title: 'Golf', price: 9000 }, as(seller))
      const { listingId } = listing.body

      // While another process locks chat's file, chat numbers nothing; the app's own database goes on.
      const chatFile = new libsql(join(path, 'app.im.sqlite'))
      chatFile.exec('BEGIN IMMEDIATE')
      const offer = await post(`${first.url}/offers`, { listingId, price: 8000 }, as(buyer))
      expect(offer.status).toBe(201)
      await first.kill()
      chatFile.exec('ROLLBACK')
      expect(chatFile.prepare("SELECT msg_id FROM im_message WHERE type = 'offer'").all([])).toEqual([])
      chatFile.close()

      const second = await start()
      const startedAt = performance.now()
      const { socket } = await connect(second.url, seller)
      const inbox = async () => ((await ask(socket, 'pull', { since: 0 })).data?.entries ?? []) as { message: object }[]
      await vi.waitFor(async () => expect(await inbox()).not.toEqual([]), sweepMsMax)
      expect(performance.now() - startedAt).toBeLessThan(sweepMsMax)
      const told = expect.objectContaining({ msgId: offer.body.msgId, type: 'offer', from: 'alice', via: 'server' })
      expect((await inbox()).map(({ message }) => message)).toEqual([told])

      // A second crash must not bring the message again.
      await second.kill()
      const third = await start()
      const again = await connect(third.url, seller)
      const marker = { clientMsgId: 'marker', to: 'bob', type: 'text', content: { text: 'the end' } }
      expect(await ask(again.socket, 'c2c', marker)).toMatchObject({ ok: true })
      expect((await ask(again.socket, 'pull', { since: 0 })).data?.entries).toMatchObject([
        { message: { type: 'offer' } },
        { message: { clientMsgId: 'marker' } },
      ])
      again.socket.close()
    } finally {
      await Promise.all(apps.map((app) => app.kill()))
      remove()
    }
  },
)
