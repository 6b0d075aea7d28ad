// On SQLite all code shares one connection: a write that does not wait for its turn is lost when another's transaction
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

/** Does the work while one transaction after the other is open and rolls back. */
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
  it('a registration is stored', async () => {
    const credentials = { username: 'gus', password: 'long enough' }
    expect((await amidRollbacks(() => app.post('/auth/register', credentials))).status).toBe(201)
    expect(await count(User, { username: 'gus' })).toBe(1)
  })

  it('a listing is stored, and each of its views counted', async () => {
    const listing = { title: 'Golf', price: 9000 }
    const { body } = await amidRollbacks(() => app.post('/listings', listing, { as: 'bob' }))
    const alice = await app.chat.online('alice')
    const views = await amidRollbacks(() => alice.topic('listing.view', { listingId: body.listingId }))
    expect(views).toEqual({ listingId: body.listingId, views: 1 })
    expect(await count(Listing, { id: body.listingId, views: 1 })).toBe(1)
  })

  it('an offer is stored, and the seller gets its message', async () => {
    const { body } = await app.post('/listings', { title: 'Polo', price: 5000 }, { as: 'dave' })
    const seller = await app.chat.online('dave')
    const offer = { listingId: body.listingId, price: 4000 }
    const placed = await amidRollbacks(() => app.post('/offers', offer, { as: 'carol' }))
    expect(placed.status).toBe(201)
    await seller.received(({ msgId }) => msgId === placed.body.msgId)
    expect(await count(Offer, { id: placed.body.offerId })).toBe(1)
  })

  it('a contact is stored', async () => {
    const added = await amidRollbacks(() => app.post('/contacts', { userId: 'bob' }, { as: 'alice' }))
    expect(added.status).toBe(201)
    expect(await count(Contact, { owner: 'alice', userId: 'bob' })).toBe(1)
    expect((await amidRollbacks(() => app.delete('/contacts/bob', { as: 'alice' }))).status).toBe(204)
    expect(await count(Contact, { owner: 'alice' })).toBe(0)
  })

  it('a logout is stored', async () => {
    const headers = { authorization: `Bearer ${await app.tokenOf('carol')}` }
    const logout = () => app.post('/auth/logout', undefined, { headers })
    expect((await amidRollbacks(logout)).status).toBe(204)
    expect(await count(RevokedToken, {})).toBe(1)
    expect((await logout()).status).toBe(401)
  })
})
