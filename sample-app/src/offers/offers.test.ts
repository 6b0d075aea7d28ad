// An offer is a row and a message in one transaction: both, or neither.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Listing } from '../listings/listing.entity.js'
import { startTestApp, type TestApp } from '../testing/test-app.js'
import { Offer } from './offer.entity.js'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.close())

async function list(title: string, seller = 'bob'): Promise<string> {
  const { status, body } = await app.post('/listings', { title, price: 9000 }, { as: seller })
  expect(status).toBe(201)
  return String(body.listingId)
}

const rowsOf = (listingId: string) => app.database.getRepository(Offer).findBy({ listingId })
const outbox = (): Promise<unknown[]> => app.database.query('SELECT id FROM im_outbox')

describe('an offer', () => {
  it('is a row, and a message to the seller that says what the row says', async () => {
    const listingId = await list('Golf')
    const seller = await app.chat.online('bob')
    const buyer = await app.chat.online('alice')
    const { status, body } = await app.post('/offers', { listingId, price: 8000 }, { as: 'alice' })
    expect({ status, body }).toMatchObject({ status: 201, body: { listingId, price: 8000 } })
    const content = { offerId: body.offerId, listingId, title: 'Golf', price: 8000 }
    for (const device of [seller, buyer]) {
      const message = await device.received(({ msgId }) => msgId === body.msgId)
      expect(message).toMatchObject({ from: 'alice', to: 'bob', type: 'offer', via: 'server', content })
    }
    expect(await rowsOf(listingId)).toEqual([
      expect.objectContaining({ id: body.offerId, buyer: 'alice', price: 8000 }),
    ])
  })

  it('of 13 fails after the message was written, and leaves neither', async () => {
    const listingId = await list('Polo')
    const seller = await app.chat.online('bob')
    const before = seller.messages.length
    const bad = await app.post('/offers', { listingId, price: 13 }, { as: 'alice' })
    expect(bad).toMatchObject({ status: 422, body: { message: expect.stringContaining('13') } })
    expect(await rowsOf(listingId)).toEqual([])
    expect(await outbox()).toEqual([])
    // The outbox keeps its order: a message of the first offer would come before that of the second.
    const good = await app.post('/offers', { listingId, price: 14 }, { as: 'alice' })
    await seller.received(({ msgId }) => msgId === good.body.msgId)
    expect(seller.messages.slice(before).map(({ content }) => content?.price)).toEqual([14])
  })

  it('that fails removes nothing of the offers made at the same time', async () => {
    const listingId = await list('Up')
    const seller = await app.chat.online('bob')
    const prices = Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? 13 : 1000 + i))
    const answers = await Promise.all(prices.map((price) => app.post('/offers', { listingId, price }, { as: 'alice' })))
    expect(answers.map(({ status }) => status)).toEqual(prices.map((price) => (price === 13 ? 422 : 201)))
    const kept = prices.filter((price) => price !== 13)
    const byPrice = (a: number, b: number) => a - b
    expect((await rowsOf(listingId)).map(({ price }) => price).sort(byPrice)).toEqual(kept)
    const told = () => seller.messages.filter(({ content }) => content?.listingId === listingId)
    await vi.waitFor(() =>
      expect(
        told()
          .map(({ content }) => content?.price as number)
          .sort(byPrice),
      ).toEqual(kept),
    )
  })

  it.each<[string, number, object, string | undefined]>([
    ['for an unknown listing', 404, { listingId: crypto.randomUUID(), price: 8000 }, 'alice'],
    ['without a token', 401, { listingId: crypto.randomUUID(), price: 8000 }, undefined],
    ['without a price', 400, { listingId: crypto.randomUUID() }, 'alice'],
    ['of less than nothing', 400, { listingId: crypto.randomUUID(), price: -1 }, 'alice'],
    ['of half a euro', 400, { listingId: crypto.randomUUID(), price: 0.5 }, 'alice'],
    ['for a text that is not a listing id', 400, { listingId: "1' OR 1=1", price: 8000 }, 'alice'],
  ])('%s is answered %i', async (_, status, body, as) => {
    expect((await app.post('/offers', body, as === undefined ? {} : { as })).status).toBe(status)
  })
})

describe('a client', () => {
  const content = { offerId: crypto.randomUUID(), listingId: crypto.randomUUID(), title: 'Golf', price: 1 }

  it('cannot send an offer without a row', async () => {
    const alice = await app.chat.online('alice')
    await expect(alice.send('bob', content, { type: 'offer' })).rejects.toMatchObject({ code: 'REJECTED' })
    const { groupId } = await alice.createGroup('Buyers', ['bob'])
    await expect(alice.sendToGroup(groupId, content, { type: 'offer' })).rejects.toMatchObject({ code: 'REJECTED' })
    expect(await app.database.getRepository(Listing).countBy({ id: content.listingId })).toBe(0)
  })

  it('learns what is wrong with the content of a declared type', async () => {
    const alice = await app.chat.online('alice')
    await expect(alice.send('bob', { ...content, price: 'cheap' }, { type: 'offer' })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      details: [expect.objectContaining({ path: 'content.price' })],
    })
  })
})
