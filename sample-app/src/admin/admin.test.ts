import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestApp, type TestApp } from '../testing/test-app.js'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp({ ADMIN_KEY: 'of this test' })
})
afterAll(() => app?.close())

const asAdmin = (path: string, body?: object) =>
  app.post(`/admin/users/${path}`, body, { headers: { 'x-admin-key': 'of this test' } })

describe('the admin key', () => {
  it.each<[string, Record<string, string>]>([
    ['no key', {}],
    ['an empty key', { 'x-admin-key': '' }],
    ['the key of development, where another was chosen', { 'x-admin-key': 'dev' }],
    ["a user's token", { authorization: 'Bearer x' }],
  ])('%s is answered 401, and nothing happens', async (_, headers) => {
    const bob = await app.chat.online('bob')
    expect((await app.post('/admin/users/bob/kick', {}, { headers })).status).toBe(401)
    const told = await app.post('/admin/users/bob/notify', { topic: 'sale', payload: 1 }, { headers })
    expect(told.status).toBe(401)
    expect([bob.isOnline, bob.s2c]).toEqual([true, []])
  })
})

describe('notify', () => {
  it('reaches the devices that are online, and reports it', async () => {
    const devices = [await app.chat.online('bob'), await app.chat.online('bob', { deviceType: 'pc' })]
    const event = { topic: 'sale', payload: { percent: 20 } }
    expect(await asAdmin('bob/notify', event)).toEqual({ status: 200, body: { delivered: true, seq: null } })
    for (const device of devices) await vi.waitFor(() => expect(device.s2c).toEqual([event]))
    for (const device of devices) device.disconnect()
    expect(await asAdmin('bob/notify', event)).toEqual({ status: 200, body: { delivered: false, seq: null } })
  })

  it('with persist reaches a device that was away', async () => {
    const event = { topic: 'contact.deleted', payload: 'bob' }
    const { status, body } = await asAdmin('carol/notify', { ...event, persist: true })
    expect({ status, body }).toEqual({ status: 200, body: { delivered: true, seq: expect.any(Number) } })
    const carol = await app.chat.offline('carol')
    await carol.connect()
    expect(carol.entries).toEqual([expect.objectContaining({ seq: body.seq, kind: 'custom', ...event })])
  })

  it.each<[string, number, string, object]>([
    ['to an unknown user', 404, 'nobody-such', { topic: 'sale', payload: 1 }],
    ['without a topic', 400, 'bob', { payload: 1 }],
    ['without a payload', 400, 'bob', { topic: 'sale' }],
    ['with a topic of two words', 400, 'bob', { topic: 'big sale', payload: 1 }],
    ['with a payload over the limit', 413, 'bob', { topic: 'sale', payload: 'x'.repeat(70_000) }],
  ])('%s is answered %i', async (_, status, user, body) => {
    expect((await asAdmin(`${user}/notify`, body)).status).toBe(status)
  })
})

describe('kick', () => {
  it('closes the sessions of one device type, or all', async () => {
    const phone = await app.chat.online('dave')
    const pad = await app.chat.online('dave', { deviceType: 'pad' })
    expect((await asAdmin('dave/kick', { deviceType: 'phone' })).status).toBe(204)
    await vi.waitFor(() => expect(phone.kicked).toMatchObject({ reason: 'admin' }))
    expect([phone.isOnline, pad.isOnline]).toEqual([false, true])
    expect((await asAdmin('dave/kick')).status).toBe(204)
    await vi.waitFor(() => expect(pad.kicked).toMatchObject({ reason: 'admin' }))
  })

  it.each<[string, number, string, object]>([
    ['of an unknown user', 404, 'nobody-such', {}],
    ['of a device type that there is not', 400, 'dave', { deviceType: 'toaster' }],
  ])('%s is answered %i', async (_, status, user, body) => {
    expect((await asAdmin(`${user}/kick`, body)).status).toBe(status)
  })
})
