// A message on which a handler failed held back everything that its sender wrote to that user, for ever: each refusal
// of it, and of what it held back, began the time again.
import { expect, it } from 'vitest'
import type { Handlers } from '../ports/host.js'
import { TestNode, VirtualClock } from '@rookery/testing'

const handlers: Handlers = {
  before: (_, type) =>
    type !== 'poison'
      ? undefined
      : async () => {
          throw new Error('a fault of the host')
        },
  after: () => undefined,
  topic: () => undefined,
}

it.each([
  { keepsTrying: false, title: 'is given up by its client' },
  { keepsTrying: true, title: 'is sent again and again, before what is behind it' },
])('a message that a handler fails on holds back later ones for 30 s where it $title', async ({ keepsTrying }) => {
  const clock = new VirtualClock()
  const node = await TestNode.start({ clock, handlers })
  const ann = await node.connect('ann')
  const poison = { ...node.text('bob', 'poison', 'poison'), type: 'poison' }
  const second = node.text('bob', 'second', 'second')
  expect(await ann.code('c2c', poison)).toBe('INTERNAL')
  for (let ms = 0; ms < 30_000; ms += 1_000) {
    if (keepsTrying) expect(await ann.code('c2c', poison)).toBe('INTERNAL')
    expect(await ann.code('c2c', second)).toBe('INTERNAL')
    expect(await ann.code('c2c', node.text('bob', 'another'))).toBe('INTERNAL')
    await clock.advance(1_000)
  }
  for (const message of [second, node.text('bob', 'third')]) {
    if (keepsTrying) expect(await ann.code('c2c', poison)).toBe('INTERNAL')
    const answer = ann.request('c2c', message)
    await clock.advance(100)
    expect(await answer).toMatchObject({ ok: true })
  }
})
