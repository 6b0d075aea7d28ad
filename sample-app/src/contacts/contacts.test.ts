// A contact list in the app's own tables, and the entries that tell a user's devices of its changes.
import type { TestDevice } from '@rookery/nest-adapter/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestApp, type TestApp } from '../testing/test-app.js'
import { Contact } from './contact.entity.js'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.close())

const listOf = async (as: string) => (await app.get('/contacts', { as })).body
/** What a device learned about the list. */
const toldTo = ({ entries }: TestDevice) => entries.filter(({ kind }) => kind === 'custom').map(factOf)
const factOf = (entry: object) => {
  const { topic, payload } = entry as { topic: string; payload: { userId: string } }
  return `${topic} ${payload.userId}`
}

describe('a contact', () => {
  it("is added and deleted; the user's devices learn it at once, or when they are back, and nobody else's do", async () => {
    const [phone, bob] = [await app.chat.online('alice'), await app.chat.online('bob')]
    const pc = await app.chat.offline('alice', { deviceType: 'pc' })
    expect(await app.post('/contacts', { userId: 'bob' }, { as: 'alice' })).toEqual({
      status: 201,
      body: { userId: 'bob' },
    })
    await app.post('/contacts', { userId: 'carol' }, { as: 'alice' })
    expect(await listOf('alice')).toEqual([{ userId: 'bob' }, { userId: 'carol' }])
    expect((await app.delete('/contacts/bob', { as: 'alice' })).status).toBe(204)
    expect(await listOf('alice')).toEqual([{ userId: 'carol' }])
    const told = ['contact.added bob', 'contact.added carol', 'contact.deleted bob']
    await vi.waitFor(() => expect(toldTo(phone)).toEqual(told))
    await pc.connect()
    expect(toldTo(pc)).toEqual(told)
    expect(toldTo(bob)).toEqual([])
    expect(await listOf('bob')).toEqual([])
  })

  it('that is added or deleted again changes nothing, and gives one entry, however many devices do it at once', async () => {
    const add = () => app.post('/contacts', { userId: 'dave' }, { as: 'bob' })
    const remove = () => app.delete('/contacts/dave', { as: 'bob' })
    expect((await Promise.all([add(), add(), add()])).map(({ status }) => status)).toEqual([201, 201, 201])
    await add()
    expect(await app.database.getRepository(Contact).countBy({ owner: 'bob' })).toBe(1)
    expect((await Promise.all([remove(), remove()])).map(({ status }) => status)).toEqual([204, 204])
    await app.post('/contacts', { userId: 'carol' }, { as: 'bob' })
    const bob = await app.chat.online('bob')
    await vi.waitFor(() =>
      expect(toldTo(bob)).toEqual(['contact.added dave', 'contact.deleted dave', 'contact.added carol']),
    )
  })

  it.each<[string, number, object, string | undefined]>([
    ['without a token', 401, { userId: 'bob' }, undefined],
    ['who does not exist', 404, { userId: 'nobody-such' }, 'carol'],
    ['who is oneself', 400, { userId: 'carol' }, 'carol'],
    ['without a name', 400, {}, 'carol'],
  ])('%s is answered %i', async (_, status, body, as) => {
    expect((await app.post('/contacts', body, as === undefined ? {} : { as })).status).toBe(status)
  })
})
