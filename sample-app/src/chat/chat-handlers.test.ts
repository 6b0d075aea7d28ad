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

describe('in a group', () => {
  it('the forbidden word is refused as well, also in an edit', async () => {
    const [alice, bob] = [await app.chat.online('alice'), await app.chat.online('bob')]
    const { groupId } = await alice.createGroup('Golf drivers', ['bob'])
    await expect(alice.sendToGroup(groupId, 'a forbidden-word here')).rejects.toMatchObject({ code: 'REJECTED' })
    const { seq } = await alice.sendToGroup(groupId, 'good morning')
    const edit = (text: string) => alice.ask('edit', { conversationId: groupId, seq, content: { text } })
    await expect(edit('a forbidden-word after all')).rejects.toMatchObject({ code: 'REJECTED' })
    await edit('good evening')
    await bob.received(({ type }) => type === 'im.edit')
    const { messages } = await app.chat.im.history({ conversationId: groupId })
    expect(messages.map(({ content }) => content?.event ?? content?.text)).toEqual(['created', 'good evening'])
  })

  it("only the app's own users can be members", async () => {
    const alice = await app.chat.online('alice')
    await expect(alice.createGroup('Ghosts', ['nobody-such'])).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('echo', () => {
  it.each<[unknown]>([[{ x: ['😀', 1] }], ['words'], [0], [false], [null], [[]]])('answers %j', async (payload) => {
    const alice = await app.chat.online('alice')
    expect(await alice.topic('echo', payload)).toEqual(payload)
  })
})
