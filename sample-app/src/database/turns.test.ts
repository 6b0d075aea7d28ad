// On SQLite everybody shares one connection: whatever writes without waiting for its turn goes when another's transaction
// rolls back.
import { sqliteQueue } from '@rookery/storage-typeorm'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { EntityTarget, ObjectLiteral } from 'typeorm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RevokedToken } from '../auth/revoked-token.entity.js'
import { Contact } from '../contacts/contact.entity.js'
import { Listing } from '../listings/listing.entity.js'
import { Offer } from '../offers/offer.entity.js'
import { startTestApp, type TestApp } from '../testing/test-app.js'
import { User } from '../users/user.entity.js'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.close())

/** Does it while one transaction after the other is open, and each is rolled back. */
async function amidRollbacks<T>(work: () => Promise<T>): Promise<T> {
  let isDone = false
  const working = work().finally(() => (isDone = true))
  const rollBack = () =>
    sqliteQueue(app.database).transaction(async (tx) => {
      for (let turn = 0; turn < 10; turn++) {
        await tx.query('SELECT 1')
        await nextTurn()
      }
      throw new Error('rolled back')
    })
  while (!isDone) await rollBack().catch(() => {})
  return working
}

const count = (entity: EntityTarget<ObjectLiteral>, by: object) => app.database.getRepository(entity).countBy(by)

describe('while the transactions of others roll back', () => {
  it('who registers is registered', async () => {
    const credentials = { username: 'gus', password: 'long enough' }
    expect((await amidRollbacks(() => app.post('/auth/register', credentials))).status).toBe(201)
    expect(await count(User, { username: 'gus' })).toBe(1)
  })

  it('what is listed is listed, and each view of it counted', async () => {
    const listing = { title: 'Golf', price: 9000 }
    const { body } = await amidRollbacks(() => app.post('/listings', listing, { as: 'bob' }))
    const alice = await app.chat.online('alice')
    const views = await amidRollbacks(() => alice.topic('listing.view', { listingId: body.listingId }))
    expect(views).toEqual({ listingId: body.listingId, views: 1 })
    expect(await count(Listing, { id: body.listingId, views: 1 })).toBe(1)
  })

  it('who makes an offer has made it, and the seller is told', async () => {
    const { body } = await app.post('/listings', { title: 'Polo', price: 5000 }, { as: 'dave' })
    const seller = await app.chat.online('dave')
    const offer = { listingId: body.listingId, price: 4000 }
    const placed = await amidRollbacks(() => app.post('/offers', offer, { as: 'carol' }))
    expect(placed.status).toBe(201)
    await seller.received(({ msgId }) => msgId === placed.body.msgId)
    expect(await count(Offer, { id: placed.body.offerId })).toBe(1)
  })

  it('who is put on a contact list stands on it', async () => {
    const added = await amidRollbacks(() => app.post('/contacts', { userId: 'bob' }, { as: 'alice' }))
    expect(added.status).toBe(201)
    expect(await count(Contact, { owner: 'alice', userId: 'bob' })).toBe(1)
    expect((await amidRollbacks(() => app.delete('/contacts/bob', { as: 'alice' }))).status).toBe(204)
    expect(await count(Contact, { owner: 'alice' })).toBe(0)
  })

  it('who logs out is logged out', async () => {
    const headers = { authorization: `Bearer ${await app.tokenOf('carol')}` }
    const logout = () => app.post('/auth/logout', undefined, { headers })
    expect((await amidRollbacks(logout)).status).toBe(204)
    expect(await count(RevokedToken, {})).toBe(1)
    expect((await logout()).status).toBe(401)
  })
})
