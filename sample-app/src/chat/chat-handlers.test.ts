import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../testing/test-app.js'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.close())

describe('a text', () => {
  it('with the forbidden word is refused, and reaches nobody', async () => {
    const [alice, bob] = [await app.chat.online('alice'), await app.chat.online('bob')]
    await expect(alice.send('bob', 'a forbidden-word here')).rejects.toMatchObject({
      code: 'REJECTED',
      details: { forbidden: 'forbidden-word' },
    })
    await alice.send('bob', 'a word that is allowed')
    await bob.received(({ content }) => content?.text === 'a word that is allowed')
    expect(bob.texts).toEqual(['a word that is allowed'])
  })

  it('reaches a device that was away, when it comes back', async () => {
    const [carol, dave] = [await app.chat.online('carol'), await app.chat.offline('dave')]
    await carol.send('dave', 'are you there?')
    await dave.connect()
    expect(dave.texts).toEqual(['are you there?'])
  })
})

describe('echo', () => {
  it.each<[unknown]>([[{ x: ['😀', 1] }], ['words'], [0], [false], [null], [[]]])('answers %j', async (payload) => {
    const alice = await app.chat.online('alice')
    expect(await alice.topic('echo', payload)).toEqual(payload)
  })
})
