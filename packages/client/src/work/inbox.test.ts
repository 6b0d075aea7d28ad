import { describe, expect, it } from 'vitest'
import { entry, message, refuse, ScriptedServer } from '../../testing/scripted-server.js'
import type { StoreOp } from '../ports/local-store.js'
import { MemoryStore } from '../store/memory-store.js'

/** A store that tells what happened in which order. */
class WatchedStore extends MemoryStore {
  readonly commits: (readonly StoreOp[])[] = []
  constructor(private readonly tell: (what: string) => void) {
    super()
  }
  override async commit(ops: readonly StoreOp[]): Promise<void> {
    await super.commit(ops)
    this.commits.push(ops)
    this.tell(`commit ${ops.flatMap((op) => (op.op === 'put' ? [op.table] : [])).join(' ')}`)
  }
}

const live = async (server: ScriptedServer, client = server.client()) => {
  await client.connect()
  await server.clock.runUntil(() => client.connection.getSnapshot().status === 'live', 5_000)
  await server.clock.advance(1_000)
  return client
}

describe('the inbox', () => {
  it('commits the position with what it covers, and acknowledges afterwards', async () => {
    const server = new ScriptedServer()
    const order: string[] = []
    const store = new WatchedStore((what) => order.push(what))
    server.on('ack', ({ seq }: { seq: number }) => (order.push(`ack ${seq}`), { seq }))
    await live(server, server.client({ store }))
    order.length = 0
    server.emit('entries', { entries: [entry(1, message(1)), entry(2, message(2))] })
    await server.clock.advance(1_000)
    expect(order).toEqual(['commit messages messages ranges conversations meta', 'ack 2'])
    const [meta] = await store.all('meta')
    expect(meta).toMatchObject({ seq: 2, at: 2, epoch: 'e1' })
  })

  it('goes on where it was, with the position, its time and the epoch', async () => {
    const server = new ScriptedServer()
    const store = new MemoryStore()
    const client = await live(server, server.client({ store }))
    server.emit('entries', { entries: [entry(1, message(1))] })
    await server.clock.advance(1_000)
    await client.disconnect()
    await live(server, server.client({ store }))
    expect(server.dialled[0]!.auth).not.toHaveProperty('since')
    expect(server.dialled[1]!.auth).toMatchObject({ since: 1, sinceAt: 1, epoch: 'e1' })
    expect(server.requests('pull')[0]).toMatchObject({ since: 1, sinceAt: 1 })
  })

  it('drops repeats, and pulls what lies in a hole', async () => {
    const server = new ScriptedServer()
    const client = await live(server)
    const told: number[] = []
    client.onMessage(({ seq }) => told.push(seq))
    const all = [1, 2, 3].map((seq) => entry(seq, message(seq)))
    server.on('pull', ({ since }: { since: number }) => ({
      ...{ entries: all.slice(since), timelines: [], seq: 3, more: false, truncated: false, reset: false, epoch: 'e1' },
      mine: {},
    }))
    server.emit('entries', { entries: [all[0]] })
    server.emit('entries', { entries: [all[0]] })
    server.emit('entries', { entries: [all[2]] })
    await server.clock.advance(1_000)
    expect(told).toEqual([1, 2, 3])
  })

  it('starts over after a reset, and keeps what was not sent and what was begun to be written', async () => {
    const server = new ScriptedServer()
    const store = new MemoryStore()
    server.on('c2c', () => refuse('UNAVAILABLE'))
    const client = await live(server, server.client({ store }))
    const bob = client.conversation({ peerId: 'bob' })
    server.emit('entries', { entries: [entry(1, message(1))] })
    bob.send({ type: 'text', content: { text: 'not yet' } })
    await bob.draft.set('half a')
    await server.clock.advance(1_000)
    server.ready = { reset: true, epoch: 'e2' }
    server.on('pull', ({ since }: { since: number }) => ({
      ...{ entries: [], timelines: [], seq: since, more: false, truncated: false, reset: false, epoch: 'e2', mine: {} },
    }))
    server.drop()
    await live(server, client)
    expect(server.requests('pull').at(-1)).toEqual({ since: 0 })
    expect(await store.all('conversations')).toEqual([])
    expect((await store.all('outbox')).map(({ body }) => body.content)).toEqual([{ text: 'not yet' }])
    expect(bob.draft.getSnapshot()).toBe('half a')
  })

  it('drops the messages that it holds where retention was quicker, and reads the list again', async () => {
    const server = new ScriptedServer()
    const store = new MemoryStore()
    const client = await live(server, server.client({ store }))
    server.emit('entries', { entries: [entry(1, message(1))] })
    await server.clock.advance(1_000)
    const lists = server.requests('conversations').length
    server.on('pull', ({ since }: { since: number }) => ({
      ...{ timelines: [], seq: 9, more: false, truncated: since < 8, reset: false, epoch: 'e1', mine: {} },
      entries: since < 9 ? [entry(9, message(7))] : [],
    }))
    server.drop()
    await live(server, client)
    expect(server.requests('conversations').length).toBeGreaterThan(lists)
    const held = await store.messages({ conversationId: 'c1', from: 0, to: 100 })
    expect(held.map(({ seq }) => seq)).toEqual([7])
    expect(await store.all('ranges')).toEqual([{ conversationId: 'c1', from: 7, to: 7 }])
  })

  it('shows nothing of one user to another, and sends nothing of one as another', async () => {
    const server = new ScriptedServer()
    const store = new MemoryStore()
    server.on('c2c', () => refuse('UNAVAILABLE'))
    const first = await live(server, server.client({ store }))
    first.conversation({ peerId: 'bob' }).send({ type: 'text', content: { text: 'from ann' } })
    server.emit('entries', { entries: [entry(1, message(1))] })
    await server.clock.advance(1_000)
    await first.disconnect()
    const [before] = await store.all('meta')
    const sent = server.requests('c2c').length
    server.ready = { userId: 'eve' }
    const second = await live(server, server.client({ store }))
    expect(second.conversations.getSnapshot().items).toEqual([])
    expect(server.requests('c2c').length).toBe(sent)
    const [after] = await store.all('meta')
    expect(after).toMatchObject({ userId: 'eve', seq: 0 })
    expect(after!.deviceId).not.toBe(before!.deviceId)
  })

  it('logging out wipes everything when asked, and only then', async () => {
    const server = new ScriptedServer()
    const store = new MemoryStore()
    const client = await live(server, server.client({ store }))
    server.emit('entries', { entries: [entry(1, message(1))] })
    await client.conversation({ peerId: 'bob' }).draft.set('half')
    await server.clock.advance(1_000)
    const out = async (options?: { wipe: boolean }): Promise<void> => {
      const done = client.logout(options)
      await server.clock.advance(1_000)
      await done
    }
    await out()
    expect(server.requests('logout')).toHaveLength(1)
    expect((await store.all('drafts')).length).toBe(1)
    await live(server, client)
    await out({ wipe: true })
    for (const table of ['conversations', 'ranges', 'drafts', 'outbox', 'timelines'] as const)
      expect(await store.all(table)).toEqual([])
    expect(await store.messages({ conversationId: 'c1', from: 0, to: 9 })).toEqual([])
    expect(client.connection.getSnapshot().status).toBe('idle')
  })
})
