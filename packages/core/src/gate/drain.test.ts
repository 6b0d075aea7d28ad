import { describe, expect, it } from 'vitest'
import { MemoryStorage } from '../memory/memory-storage.js'
import { TestNode, VirtualClock } from '@rookery/testing'

describe('a node that drains', () => {
  it('answers what waits for the rate of its session, in its order', async () => {
    const clock = new VirtualClock()
    const storage = new MemoryStorage()
    const node = await TestNode.start({ clock, storage, rate: { perSecond: 1, burst: 1 } })
    const ann = await node.connect('ann')
    const words = ['1', '2', '3', '4', '5', '6']
    const answers = words.map((word) => ann.request('c2c', node.text('bob', word)))
    const page = ann.request('pull', { since: 0 })
    const drained = node.rookery.drain()
    await clock.advance(1_000)
    expect(await Promise.all(answers)).toMatchObject(words.map((_, i) => ({ ok: true, data: { seq: i + 1 } })))
    expect(await page).toMatchObject({ ok: true })
    await drained
    expect(ann.isClosed).toBe(true)
  })

  it('refuses what comes after it began, also from a session with requests that wait for the rate', async () => {
    const clock = new VirtualClock()
    const node = await TestNode.start({ clock, rate: { perSecond: 1, burst: 1 } })
    const ann = await node.connect('ann')
    const accepted = [ann.request('time', { t0: 1 }), ann.request('time', { t0: 2 })]
    const drained = node.rookery.drain()
    expect(await ann.code('time', { t0: 3 })).toBe('UNAVAILABLE')
    expect(await Promise.all(accepted)).toMatchObject([{ ok: true }, { ok: true }])
    await clock.advance(1_000)
    await drained
  })
})
