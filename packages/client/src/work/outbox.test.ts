import { describe, expect, it } from 'vitest'
import { entry, message, refuse, ScriptedServer, silence } from '../../testing/scripted-server.js'
import { MemoryStore } from '../store/memory-store.js'

const live = async (server: ScriptedServer, client = server.client()) => {
  await client.connect()
  await server.clock.runUntil(() => client.connection.getSnapshot().status === 'live', 5_000)
  return client
}
const stored = (seq: number) => ({ msgId: `s${seq}`, conversationId: 'c1', seq, serverTime: 1, duplicate: false })
const text = (words: string) => ({ type: 'text', content: { text: words } })
const words = (server: ScriptedServer): string[] =>
  server.requests('c2c').map(({ content }) => (content as { text: string }).text)

describe('the outbox', () => {
  it('sends the messages of a conversation in order, one after the other, and others meanwhile', async () => {
    const server = new ScriptedServer()
    let seq = 0
    server.on('c2c', ({ content, to }: { content: { text: string }; to: string }) =>
      to === 'bob' && content.text === 'one' && seq === 0 ? ((seq += 1), silence) : stored(++seq),
    )
    const client = await live(server)
    const [bob, cyd] = [client.conversation({ peerId: 'bob' }), client.conversation({ peerId: 'cyd' })]
    for (const one of ['one', 'two', 'three']) bob.send(text(one))
    cyd.send(text('to cyd'))
    await server.clock.advance(1_000)
    expect(words(server)).toEqual(['one', 'to cyd'])
    // The answer never came: after a new connection it goes again, and before the later ones.
    server.drop()
    await server.clock.advance(2_000)
    expect(words(server).filter((one) => one !== 'to cyd')).toEqual(['one', 'one', 'two', 'three'])
    const keys = server.requests('c2c').map(({ clientMsgId }) => clientMsgId)
    expect(keys[0]).toBe(keys[2])
  })

  it('writes while offline, survives the end of the app, and sends in order when there is a connection', async () => {
    const server = new ScriptedServer()
    const store = new MemoryStore()
    let seq = 0
    server.on('c2c', () => stored(++seq))
    const offline = server.client({ store })
    for (const one of ['one', 'two', 'three']) offline.conversation({ peerId: 'bob' }).send(text(one))
    await server.clock.advance(100)
    expect(server.dialled).toEqual([])
    await live(server, server.client({ store }))
    await server.clock.advance(500)
    expect(words(server)).toEqual(['one', 'two', 'three'])
  })

  it('lets a message go when it stands in its conversation, under the same key', async () => {
    const server = new ScriptedServer()
    const store = new MemoryStore()
    server.on('c2c', () => stored(1))
    const client = await live(server, server.client({ store }))
    const view = client.conversation({ peerId: 'bob' }).open()
    const pending = client.conversation({ peerId: 'bob' }).send(text('mine'))
    const states: string[] = []
    view.subscribe(() =>
      states.push(
        view
          .getSnapshot()
          .items.map(({ key, state }) => `${key === pending.key} ${state}`)
          .join(),
      ),
    )
    await server.clock.advance(200)
    expect((await store.all('outbox')).map(({ state }) => state)).toEqual(['sent'])
    // What the host says in the user's name under the same key is another message.
    const theirs = message(1, { from: 'ann', to: 'bob', clientMsgId: pending.key, via: 'server' })
    server.emit('entries', { entries: [entry(1, theirs)] })
    await server.clock.advance(100)
    expect((await store.all('outbox')).length).toBe(1)
    server.emit('entries', { entries: [entry(2, message(2, { from: 'ann', to: 'bob', clientMsgId: pending.key }))] })
    await server.clock.advance(100)
    expect(await store.all('outbox')).toEqual([])
    expect(view.getSnapshot().items.filter(({ key }) => key === pending.key)).toHaveLength(1)
    expect([...new Set(states)].slice(0, 3)).toEqual(['true queued', 'true sending', 'true sent'])
    await expect(pending.settled).resolves.toEqual({ state: 'sent', conversationId: 'c1', seq: 1 })
  })

  it('tries again under the same key when the server asks for it, and not before', async () => {
    const server = new ScriptedServer()
    let tries = 0
    server.on('c2c', () => (++tries < 3 ? refuse('RATE_LIMITED', { retryAfterMs: 5_000 }) : stored(1)))
    const client = await live(server)
    const pending = client.conversation({ peerId: 'bob' }).send(text('hi'))
    await server.clock.advance(4_900)
    expect(tries).toBe(1)
    await server.clock.advance(10_000)
    expect(tries).toBe(3)
    expect(new Set(server.requests('c2c').map(({ clientMsgId }) => clientMsgId)).size).toBe(1)
    expect(pending.getSnapshot()).toMatchObject({ state: 'sent' })
  })

  it('a message that is refused for good fails, does not hold others back, and can be tried again or discarded', async () => {
    const server = new ScriptedServer()
    let isStrict = true
    server.on('c2c', ({ content }: { content: { text: string } }) =>
      isStrict && content.text === 'bad' ? refuse('REJECTED', { details: { why: 'rude' } }) : stored(1),
    )
    const client = await live(server)
    const bob = client.conversation({ peerId: 'bob' })
    const [bad, good] = [bob.send(text('bad')), bob.send(text('good'))]
    await server.clock.advance(200)
    await expect(bad.settled).resolves.toMatchObject({
      state: 'failed',
      error: { code: 'REJECTED', details: { why: 'rude' } },
    })
    await expect(good.settled).resolves.toMatchObject({ state: 'sent' })
    expect(await bob.discard(good.key)).toBe(false)
    isStrict = false
    expect(await bob.retry(bad.key)).toBe(true)
    await server.clock.advance(200)
    expect(words(server)).toEqual(['bad', 'good', 'bad'])
    expect(await bob.retry(bad.key)).toBe(false)
  })

  it('discards what the server cannot have seen, and nothing that it may have', async () => {
    const server = new ScriptedServer()
    server.on('c2c', () => silence)
    const client = server.client()
    const bob = client.conversation({ peerId: 'bob' })
    const [one, two] = [bob.send(text('one')), bob.send(text('two'))]
    await server.clock.advance(10)
    expect(await bob.discard(two.key)).toBe(true)
    await expect(two.settled).resolves.toEqual({ state: 'discarded' })
    await live(server, client)
    await server.clock.advance(100)
    expect(await bob.discard(one.key)).toBe(false)
  })
})
