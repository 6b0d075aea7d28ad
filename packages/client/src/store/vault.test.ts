import { describe, expect, it } from 'vitest'
import { entry, message, ScriptedServer } from '../../testing/scripted-server.js'
import { StoreFullError, type StoreOp } from '../ports/local-store.js'
import { MemoryStore } from './memory-store.js'

/** A store that a test can break. */
class FragileStore extends MemoryStore {
  opens = 0
  /** Whether a commit is refused; null for none. */
  refuses: ((ops: readonly StoreOp[]) => Error | null) | null = null
  isBroken = false
  /** Called at the next opening. */
  atOpen: (() => Promise<void>) | null = null
  #lost: () => void = () => {}

  override async open(): Promise<void> {
    this.opens += 1
    const { atOpen } = this
    this.atOpen = null
    await atOpen?.()
  }
  override async commit(ops: readonly StoreOp[]): Promise<void> {
    if (this.isBroken) throw new Error('the database server was lost')
    const refusal = this.refuses?.(ops) ?? null
    if (refusal !== null) throw refusal
    await super.commit(ops)
  }
  onLost(lost: () => void): void {
    this.#lost = lost
  }
  lose(): void {
    this.#lost()
  }
  async empty(): Promise<void> {
    const tables = ['meta', 'timelines', 'conversations', 'messages', 'ranges', 'controls', 'outbox', 'drafts'] as const
    await super.commit(tables.map((table) => ({ op: 'clear', table })))
  }
}

async function scene() {
  const server = new ScriptedServer()
  const store = new FragileStore()
  server.on('c2c', () => ({
    msgId: 's',
    conversationId: 'c1',
    seq: 9,
    serverTime: 1,
    duplicate: false,
  }))
  const client = server.client({ store })
  await client.connect()
  await server.clock.runUntil(() => client.connection.getSnapshot().status === 'live', 5_000)
  server.emit('entries', {
    entries: [entry(1, message(1)), entry(2, message(1, { conversationId: 'c2', from: 'cyd' }))],
  })
  await server.clock.advance(500)
  return { server, store, client }
}
const held = async (store: MemoryStore, conversationId: string): Promise<number> =>
  (await store.messages({ conversationId, from: 0, to: 99 })).length

describe('a store that fails', () => {
  it('is opened once more, and nothing is lost', async () => {
    const { server, store, client } = await scene()
    store.isBroken = true
    store.atOpen = async () => void (store.isBroken = false)
    server.emit('entries', { entries: [entry(3, message(2))] })
    await server.clock.advance(500)
    expect(store.opens).toBe(2)
    expect(await held(store, 'c1')).toBe(2)
    expect(client.storage.getSnapshot()).toMatchObject({ isLost: false, kind: 'memory' })
  })

  it('is replaced by memory where that does not help, and the app says so', async () => {
    const { server, store, client } = await scene()
    const view = client.conversation({ id: 'c1' }).open()
    await server.clock.advance(100)
    server.on('history', () => ({ messages: [message(1), message(2)], more: false, mine: {} }))
    store.isBroken = true
    server.emit('entries', { entries: [entry(3, message(2))] })
    await server.clock.advance(1_000)
    expect(client.storage.getSnapshot()).toEqual({
      kind: 'memory',
      isDurable: false,
      isFull: false,
      isLost: true,
    })
    expect(client.connection.getSnapshot().status).toBe('live')
    expect(view.getSnapshot().items.map(({ seq }) => seq)).toEqual([1, 2])
    expect(client.unreadTotal.getSnapshot()).toBe(3)
  })

  it('goes in memory from the beginning where it cannot be opened', async () => {
    const server = new ScriptedServer()
    const store = new FragileStore()
    store.open = () => Promise.reject(new Error('private mode'))
    const client = server.client({ store })
    await client.connect()
    await server.clock.runUntil(() => client.connection.getSnapshot().status === 'live', 5_000)
    expect(client.storage.getSnapshot()).toMatchObject({ kind: 'memory', isLost: true })
  })

  it('that comes back empty begins anew with what is known, and takes nothing for held', async () => {
    const { server, store, client } = await scene()
    await client.conversation({ peerId: 'bob' }).draft.set('half')
    store.atOpen = () => store.empty()
    store.lose()
    server.emit('entries', { entries: [entry(3, message(2))] })
    await server.clock.advance(500)
    expect(client.storage.getSnapshot().isLost).toBe(false)
    expect(await store.all('ranges')).toEqual([{ conversationId: 'c1', from: 2, to: 2 }])
    expect((await store.all('meta'))[0]).toMatchObject({ seq: 3 })
    expect((await store.all('drafts')).length).toBe(1)
  })

  it('that is full drops messages of conversations that were not opened for long, and then takes new ones', async () => {
    const { server, store, client } = await scene()
    await client.conversation({ peerId: 'bob' }).draft.set('half')
    let isFull = true
    store.refuses = (ops) => {
      if (ops.every(({ op }) => op === 'cut')) isFull = false
      return isFull ? new StoreFullError('full') : null
    }
    server.emit('entries', { entries: [entry(3, message(2))] })
    await server.clock.advance(500)
    expect([await held(store, 'c1'), await held(store, 'c2')]).toEqual([2, 0])
    expect(client.storage.getSnapshot().isFull).toBe(false)
    expect((await store.all('drafts')).length).toBe(1)
  })

  it('that stays full refuses what is written now, and says so', async () => {
    const { server, store, client } = await scene()
    store.refuses = () => new StoreFullError('full')
    const pending = client.conversation({ peerId: 'bob' }).send({ type: 'text', content: { text: 'no room' } })
    await server.clock.advance(100)
    await expect(pending.settled).resolves.toMatchObject({ state: 'failed' })
    expect(client.storage.getSnapshot().isFull).toBe(true)
    expect(server.requests('c2c')).toEqual([])
    store.refuses = null
    client.conversation({ peerId: 'bob' }).send({ type: 'text', content: { text: 'room' } })
    await server.clock.advance(100)
    expect(client.storage.getSnapshot().isFull).toBe(false)
  })
})
