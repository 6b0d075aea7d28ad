import { describe, expect, it } from 'vitest'
import { MemoryStorage } from '../memory/memory-storage.js'
import { createRookery, type Rookery } from '../rookery.js'
import type { RookeryOptions } from '../options/options.js'
import { FakeDevice } from '@rookery/testing'

const start = async (options: Partial<RookeryOptions> = {}): Promise<Rookery> => {
  const rookery = createRookery({
    storage: new MemoryStorage(),
    authenticate: ({ token }) => (token.startsWith('no') ? null : { userId: token }),
    users: { exists: (userId) => !userId.startsWith('nobody') },
    ...options,
  })
  await rookery.start()
  return rookery
}

let n = 0
const connect = (rookery: Rookery, userId: string, auth: Record<string, unknown> = {}): Promise<FakeDevice> =>
  FakeDevice.connect(rookery.gate, { token: userId, deviceId: `d${n++}`, deviceType: 'phone', ...auth })

const text = (to: string, words: string, clientMsgId = `m${n++}`) => ({
  clientMsgId,
  to,
  type: 'text',
  content: { text: words },
})

describe('two people', () => {
  it('chat: the receiver, and every own device, get what one sends, in order', async () => {
    const rookery = await start()
    const [a, a2, b] = [
      await connect(rookery, 'ann'),
      await connect(rookery, 'ann', { deviceType: 'pc' }),
      await connect(rookery, 'bob'),
    ]
    const first = await a.ask('c2c', text('bob', 'one'))
    const second = await a.ask('c2c', text('bob', 'two'))
    expect([first.seq, second.seq]).toEqual([1, 2])
    for (const device of [a, a2, b]) await device.until(() => device.entries.length === 2)
    for (const device of [a, a2, b])
      expect(device.entries.map((entry) => [entry.seq, entry.message.content.text])).toEqual([
        [1, 'one'],
        [2, 'two'],
      ])
    await rookery.stop()
  })

  it('store once a message that is sent 50 times at once, and refuse other content under the key', async () => {
    const rookery = await start()
    const a = await connect(rookery, 'ann')
    const message = text('bob', 'once')
    const answers = await Promise.all(Array.from({ length: 50 }, () => a.ask('c2c', message)))
    expect(new Set(answers.map(({ msgId, seq }) => `${msgId} ${seq}`)).size).toBe(1)
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
    expect(await a.code('c2c', { ...message, content: { text: 'other' } })).toBe('CONFLICT')
    expect((await a.ask('pull', { since: 0 })).entries).toHaveLength(1)
    await rookery.stop()
  })

  it('a later login of the same type kicks, and the kicked one gets nothing more', async () => {
    const rookery = await start()
    const [b, a] = [await connect(rookery, 'bob'), await connect(rookery, 'ann')]
    const b2 = await connect(rookery, 'bob')
    expect(b.isClosed).toBe(true)
    expect(b.events.at(-1)).toMatchObject({ event: 'kick', payload: { reason: 'same-device-type' } })
    await a.ask('c2c', text('bob', 'hello'))
    await b2.until(() => b2.entries.length === 1)
    expect(b.entries).toHaveLength(0)
    await rookery.stop()
  })

  it('catch up in pages while messages keep coming, without a gap or a repeat', async () => {
    const rookery = await start()
    const a = await connect(rookery, 'ann')
    for (const limit of [1, 3, 7, 200]) {
      const user = `reader${limit}`
      for (let i = 0; i < 20; i++) await a.ask('c2c', text(user, `${i}`))
      const reader = await connect(rookery, user, { since: 0 })
      const seen: number[] = []
      let page
      let since = 0
      do {
        const [answer] = await Promise.all([
          reader.ask('pull', { since, limit }),
          since < 15 ? a.ask('c2c', text(user, 'meanwhile')) : null,
        ])
        page = answer
        seen.push(...page.entries.map((entry: { seq: number }) => entry.seq))
        since = page.seq
      } while (page.more)
      await a.ask('c2c', text(user, 'last'))
      await reader.until(() => reader.entries.some((entry) => entry.message.content.text === 'last'))
      seen.push(...reader.entries.map((entry) => entry.seq))
      expect(seen).toEqual(Array.from({ length: seen.length }, (_, i) => i + 1))
    }
    await rookery.stop()
  })

  it('a reader that stops reading costs bounded memory, gets sync, and has everything after its next pull', async () => {
    const rookery = await start({ limits: { sessionQueueBytes: 20_000 }, rate: 'off' })
    const [a, b] = [await connect(rookery, 'ann'), await connect(rookery, 'bob')]
    b.stall()
    let most = 0
    for (let i = 0; i < 200; i++) {
      await a.ask('c2c', text('bob', 'x'.repeat(1000)))
      most = Math.max(most, b.queuedBytes)
    }
    expect(most).toBeLessThan(25_000)
    b.resume()
    expect(b.of('sync')).toHaveLength(1)
    let since: number = b.entries.at(-1).seq
    const seen: number[] = b.entries.map((entry) => entry.seq)
    for (let more = true; more;) {
      const page = await b.ask('pull', { since })
      seen.push(...page.entries.map((entry: { seq: number }) => entry.seq))
      since = page.seq
      more = page.more
    }
    await a.ask('c2c', text('bob', 'live again'))
    await b.until(() => b.entries.at(-1).message.content.text === 'live again')
    expect([...seen, b.entries.at(-1).seq]).toEqual(Array.from({ length: 201 }, (_, i) => i + 1))
    await rookery.stop()
  })
})
