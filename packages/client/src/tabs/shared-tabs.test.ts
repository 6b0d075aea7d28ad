import { describe, expect, it } from 'vitest'
import { entry, message, ScriptedServer } from '../../testing/scripted-server.js'
import { MemoryStore } from '../store/memory-store.js'
import type { Telling, TabPorts } from './wire.js'

/** A browser with tabs: messages go over as copies, and a lock has one holder. */
class Browser {
  #channels = new Set<(telling: Telling) => void>()
  #holders: Promise<void> = Promise.resolve()

  tab(): TabPorts {
    return {
      channel: () => {
        let hear: (telling: Telling) => void = () => {}
        const take = (telling: Telling): void => hear(telling)
        this.#channels.add(take)
        return {
          post: (telling) => {
            const copy = structuredClone(telling)
            for (const other of this.#channels) if (other !== take) queueMicrotask(() => other(copy))
          },
          onTelling: (given) => (hear = given),
          close: () => this.#channels.delete(take),
        }
      },
      lock: () => {
        const before = this.#holders
        let release = (): void => {}
        this.#holders = before.then(() => new Promise<void>((resolve) => (release = resolve)))
        return before.then(() => () => release())
      },
    }
  }
}

async function scene() {
  const server = new ScriptedServer()
  const browser = new Browser()
  const store = new MemoryStore()
  let seq = 0
  server.on('c2c', () => ({
    msgId: `s${++seq}`,
    conversationId: 'c1',
    seq: 100 + seq,
    serverTime: 1,
    duplicate: false,
  }))
  const open = async () => {
    const client = server.client({ store, tabs: 'shared' }, { tabs: browser.tab() })
    await client.connect()
    await server.clock.runUntil(() => client.connection.getSnapshot().status === 'live', 5_000)
    return client
  }
  return { server, store, first: await open(), second: await open(), open }
}

describe('two tabs', () => {
  it('have one connection, and show the same', async () => {
    const { server, first, second } = await scene()
    const heard: string[] = []
    first.onMessage(({ seq }) => heard.push(`first ${seq}`))
    second.onMessage(({ seq }) => heard.push(`second ${seq}`))
    const view = second.conversation({ id: 'c1' }).open()
    server.emit('entries', { entries: [entry(1, message(1))] })
    await server.clock.advance(500)
    expect(server.dialled.length).toBe(1)
    expect(heard.sort()).toEqual(['first 1', 'second 1'])
    expect(second.conversations.getSnapshot()).toEqual(first.conversations.getSnapshot())
    expect(view.getSnapshot().items.map(({ seq }) => seq)).toEqual([1])
    view.seen(1)
    await server.clock.advance(500)
    expect(first.unreadTotal.getSnapshot()).toBe(0)
    expect(server.requests('read')).toHaveLength(1)
  })

  it('share one outbox, and each sees how its messages fare', async () => {
    const { server, store, first, second } = await scene()
    const [one, two] = [first, second].map((client, index) =>
      client.conversation({ peerId: 'bob' }).send({ type: 'text', content: { text: `from tab ${index}` } }),
    )
    await server.clock.advance(500)
    await expect(one!.settled).resolves.toMatchObject({ state: 'sent' })
    await expect(two!.settled).resolves.toMatchObject({ state: 'sent' })
    expect(server.requests('c2c').map(({ content }) => content)).toEqual([
      { text: 'from tab 0' },
      { text: 'from tab 1' },
    ])
    expect((await store.all('outbox')).length).toBe(2)
  })

  it('go on when the one that led is closed, and nothing that was written is lost', async () => {
    const { server, first, second } = await scene()
    const late = second.conversation({ peerId: 'bob' })
    await first.disconnect()
    late.send({ type: 'text', content: { text: 'after it was closed' } })
    await server.clock.advance(2_000)
    expect(second.connection.getSnapshot().status).toBe('live')
    expect(server.dialled.length).toBe(2)
    expect(server.dialled[0]!.isClosed).toBe(true)
    expect(server.dialled[1]!.auth.deviceId).toBe(server.dialled[0]!.auth.deviceId)
    expect(server.dialled[1]!.auth.instance).not.toBe(server.dialled[0]!.auth.instance)
    expect(server.requests('c2c').map(({ content }) => content)).toEqual([{ text: 'after it was closed' }])
  })

  it('acknowledge what the business server says when a handler in either has resolved', async () => {
    const { server, second } = await scene()
    const acknowledged: string[] = []
    second.on('order', () => Promise.resolve())
    for (const topic of ['order', 'unheard'])
      server.emit('s2c', { id: topic, topic, payload: {} }, () => acknowledged.push(topic))
    await server.clock.advance(30_000)
    expect(acknowledged).toEqual(['order'])
  })

  it('tell each other’s refusals with their codes', async () => {
    const { server, second } = await scene()
    const asked = second.request('nothing', {}).catch((error: unknown) => error)
    await server.clock.advance(500)
    expect(await asked).toMatchObject({ code: 'UNSUPPORTED' })
  })
})
