// Handlers that answer at once, and others that take time.
import { describe, expect, it } from 'vitest'
import { RookeryError } from '@rookery/protocol'
import { MemoryStorage } from '../../memory/memory-storage.js'
import type { AfterSend, BeforeSend } from '../../ports/host.js'
import { FaultyStorage, TestNode, VirtualClock } from '@rookery/testing'

async function start(before: BeforeSend, after?: AfterSend) {
  const clock = new VirtualClock()
  const storage = new FaultyStorage(new MemoryStorage(), clock)
  const handlers = { before: () => before, after: () => after, topic: () => undefined }
  const node = await TestNode.start({ storage, clock, handlers })
  const ann = await node.connect('ann')
  // From here on the conversation is known.
  await ann.ask('c2c', node.text('bob', 'hello'))
  const texts = async (): Promise<unknown[]> => {
    const { entries } = await ann.ask('pull', { since: 0 })
    return entries.map((entry: { message: { content: unknown } }) => entry.message.content)
  }
  return { clock, storage, node, ann, texts }
}

const textOf = ({ content }: { content: Record<string, unknown> }): string => String(content['text'])

describe('a handler that answers at once', () => {
  it('is called in the turn in which the message comes, and the message is with the writer then', async () => {
    const seen: string[] = []
    const { node, ann, storage } = await start((_, draft) => void seen.push(textOf(draft)))
    const commits = storage.commits
    const answers = ['one', 'two'].map((text) => ann.request('c2c', node.text('bob', text)))
    expect(seen).toEqual(['hello', 'one', 'two'])
    expect(await Promise.all(answers)).toMatchObject([{ ok: true }, { ok: true }])
    // Both came in one turn, so one commit carries both.
    expect(storage.commits - commits).toBe(1)
  })

  it('changes the stored content by what it returns, never by changing the object that it got', async () => {
    const later: unknown[] = []
    const { node, ann, texts } = await start(
      (_, { content }) => {
        const returns = content['text'] === 'change' ? { text: 'changed', list: [1] } : undefined
        content['text'] = 'spoiled'
        Object.assign(content, { more: true })
        return returns
      },
      async (_, { content }) => void later.push(content),
    )
    for (const text of ['leave', 'change']) await ann.ask('c2c', node.text('bob', text))
    const stored = [{ text: 'hello' }, { text: 'leave' }, { text: 'changed', list: [1] }]
    expect(await texts()).toEqual(stored)
    expect(later).toEqual(stored)
  })

  it('what it returned is stored as it was then, whatever becomes of the object', async () => {
    const returned = { text: 'then' }
    const later: unknown[] = []
    const { node, ann, texts } = await start(
      () => returned,
      async (_, { content }) => void later.push(content),
    )
    const answer = ann.request('c2c', node.text('bob', 'x'))
    returned.text = 'afterwards'
    expect(await answer).toMatchObject({ ok: true })
    expect(await texts()).toEqual([{ text: 'then' }, { text: 'then' }])
    expect(later).toEqual([{ text: 'then' }, { text: 'then' }])
  })

  it('what it refuses keeps its place until it is known whether it is stored already', async () => {
    const { clock, storage, node, ann, texts } = await start((_, draft) => {
      if (textOf(draft) === 'first') throw new RookeryError('REJECTED', 'not here')
    })
    storage.failReads()
    const first = ann.request('c2c', node.text('bob', 'first'))
    const second = ann.request('c2c', node.text('bob', 'second', 'second'))
    // The read of storage fails: it is unknown whether the first message is stored, so the second must not be stored.
    expect(await Promise.all([first, second])).toMatchObject([
      { error: { code: 'UNAVAILABLE' } },
      { error: { code: 'UNAVAILABLE' } },
    ])
    storage.heal()
    await clock.advance(31_000)
    expect(await texts()).toEqual([{ text: 'hello' }])
  })

  it('comes after one that took its time, in the order in which the messages came', async () => {
    const { clock, node, ann, texts } = await start((_, draft) => {
      if (textOf(draft) !== 'slow') return
      return new Promise((resolve) => clock.setTimeout(resolve, 1000))
    })
    const answers = ['slow', 'fast', 'slow', 'fast too'].map((text) => ann.request('c2c', node.text('bob', text)))
    await clock.advance(3000)
    await Promise.all(answers)
    expect((await texts()).map((content) => textOf({ content: content as object as Record<string, unknown> }))).toEqual(
      ['hello', 'slow', 'fast', 'slow', 'fast too'],
    )
  })

  it('that throws anything else fails like one that takes its time', async () => {
    let fails = false
    const { node, ann, texts } = await start(() => {
      if (fails) throw new TypeError('a fault')
    })
    fails = true
    const message = node.text('bob', 'again')
    expect(await ann.code('c2c', message)).toBe('INTERNAL')
    fails = false
    expect(await ann.request('c2c', message)).toMatchObject({ ok: true })
    expect(await texts()).toEqual([{ text: 'hello' }, { text: 'again' }])
  })
})
