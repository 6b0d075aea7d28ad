import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../testing/test-app.js'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.close())

const golf = { title: 'Golf', price: 9000 }

describe('a listing', () => {
  it('is visible to everybody, with its seller', async () => {
    const { status, body } = await app.post('/listings', golf, { as: 'bob' })
    expect(status).toBe(201)
    const listing = { listingId: body.listingId, seller: 'bob', ...golf, views: 0 }
    expect(body).toEqual(listing)
    expect(await app.get('/listings')).toEqual({ status: 200, body: expect.arrayContaining([listing]) })
  })

  it.each<[string, number, object, string | undefined]>([
    ['without a token', 401, golf, undefined],
    ['without a title', 400, { price: 1 }, 'bob'],
    ['with a price in words', 400, { ...golf, price: '9000' }, 'bob'],
    ['of somebody else', 400, { ...golf, seller: 'alice' }, 'bob'],
  ])('%s is answered %i', async (_, status, body, as) => {
    expect((await app.post('/listings', body, as === undefined ? {} : { as })).status).toBe(status)
  })
})

describe('listing.view', () => {
  it('counts each view once, however many come at the same time', async () => {
    const { body } = await app.post('/listings', golf, { as: 'bob' })
    const listingId = String(body.listingId)
    const [alice, carol] = await Promise.all([app.chat.online('alice'), app.chat.online('carol')])
    expect(await alice.topic('listing.view', { listingId })).toEqual({ listingId, views: 1 })
    const asked = [alice, carol, alice, carol].map((device) => device.topic('listing.view', { listingId }))
    const views = (await Promise.all(asked)).map((answer) => (answer as { views: number }).views)
    expect(new Set(views)).toEqual(new Set([2, 3, 4, 5]))
  })

  it.each<[string, string, unknown]>([
    ['of an unknown listing', 'NOT_FOUND', { listingId: crypto.randomUUID() }],
    ['of what is no id', 'BAD_REQUEST', { listingId: 7 }],
    ['of nothing', 'BAD_REQUEST', null],
    ['with more than is asked for', 'BAD_REQUEST', { listingId: crypto.randomUUID(), views: 1000 }],
  ])('%s is answered %s', async (_, code, payload) => {
    const dave = await app.chat.online('dave')
    await expect(dave.topic('listing.view', payload)).rejects.toMatchObject({ code })
  })
})
