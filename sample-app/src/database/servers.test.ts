// The sample on each database server: its own tables and chat's in one database, an offer's row and message together.
import { describeOnMysql, freshDatabase as freshMysql } from '../../../packages/storage-typeorm/testing/mysql.js'
import {
  describeOnPostgres,
  freshDatabase as freshPostgres,
} from '../../../packages/storage-typeorm/testing/postgres.js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../testing/test-app.js'

interface Where {
  readonly host?: string
  readonly port?: number
  readonly username?: string
  readonly password?: unknown
  readonly database?: string
}

function urlOf(scheme: string, { host, port, username = '', password, database }: Where): string {
  const url = new URL(`${scheme}://${host}:${port}/${database}`)
  url.username = username
  if (typeof password === 'string') url.password = password
  return url.href
}

const servers = [
  ['postgres', describeOnPostgres, freshPostgres],
  ['mysql', describeOnMysql, freshMysql],
] as const

for (const [scheme, describeOn, fresh] of servers) {
  describeOn(`the sample app on ${scheme}://`, () => {
    let server: Awaited<ReturnType<typeof fresh>>
    let app: TestApp
    beforeAll(async () => {
      server = await fresh()
      app = await startTestApp({ DATABASE_URL: urlOf(scheme, server.where), JWT_SECRET: 'of this test' })
    }, 30_000)
    afterAll(async () => {
      await app?.close()
      await server?.drop()
    })
    const tableOf = (name: string): Promise<unknown[]> => app.database.query(`SELECT * FROM ${name}`)

    it('is well, with its tables and chat’s in one database', async () => {
      expect((await app.get('/health')).status).toBe(200)
      expect(await tableOf('users')).toContainEqual(expect.objectContaining({ username: 'alice' }))
      // The groups of the organisation, which the first start creates, have such a message: it leaves the outbox soon
      // after.
      const group = expect.objectContaining({ type: 'im.group' })
      await expect.poll(() => tableOf('im_message'), { timeout: 10_000 }).toContainEqual(group)
    })

    it('users chat, and their messages are stored unchanged', async () => {
      const [alice, bob] = [await app.chat.online('alice'), await app.chat.online('bob')]
      const { msgId } = await alice.send('bob', { text: 'still there? 🚗' }, { type: 'text' })
      expect(await bob.received((message) => message.msgId === msgId)).toMatchObject({
        from: 'alice',
        content: { text: 'still there? 🚗' },
      })
      const stored = expect.objectContaining({ msg_id: msgId, content: '{"text":"still there? 🚗"}' })
      expect(await tableOf('im_message')).toContainEqual(stored)
    })

    it('a name in other case is no user', async () => {
      const alice = await app.chat.online('alice')
      await expect(alice.send('BOB', 'hello')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect((await app.post('/auth/login', { username: 'ALICE', password: 'demo' })).status).toBe(401)
    })

    it('an offer is a row and a message; one of 13 is neither', async () => {
      const { body: listing } = await app.post('/listings', { title: 'Golf 🚗', price: 9000 }, { as: 'dave' })
      const seller = await app.chat.online('dave')
      const bad = await app.post('/offers', { listingId: listing.listingId, price: 13 }, { as: 'carol' })
      expect(bad.status).toBe(422)
      const good = await app.post('/offers', { listingId: listing.listingId, price: 8000 }, { as: 'carol' })
      expect(good.status).toBe(201)
      await seller.received(({ msgId }) => msgId === good.body.msgId)
      // The outbox keeps its order: a message of the first would have come before.
      expect(seller.messages.map(({ content }) => content)).toEqual([
        { offerId: good.body.offerId, listingId: listing.listingId, title: 'Golf 🚗', price: 8000 },
      ])
      expect(await tableOf('offers')).toMatchObject([{ id: good.body.offerId, buyer: 'carol', price: 8000 }])
    })

    it('views at the same time are all counted', async () => {
      const { body } = await app.post('/listings', { title: 'Polo', price: 5000 }, { as: 'bob' })
      const alice = await app.chat.online('alice')
      await Promise.all(Array.from({ length: 10 }, () => alice.topic('listing.view', { listingId: body.listingId })))
      const [row] = await app.database.query(`SELECT views FROM listings WHERE id = '${String(body.listingId)}'`)
      expect(row).toEqual({ views: 10 })
    })

    it('a logout works, also twice', async () => {
      const headers = { authorization: `Bearer ${await app.tokenOf('carol')}` }
      const logout = () => app.post('/auth/logout', undefined, { headers })
      expect([(await logout()).status, (await logout()).status]).toEqual([204, 401])
    })
  })
}
