import { describe, expect, it } from 'vitest'
import { MemoryStorage } from '../memory/memory-storage.js'
import { type FakeDevice, TestNode, VirtualClock } from '@rookery/testing'

const isTold = (device: FakeDevice): boolean => device.events.some(({ event }) => event === 'reconnect')

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

  it('serves a client until it has gone, and refuses what comes shortly before the deadline', async () => {
    const clock = new VirtualClock()
    const node = await TestNode.start({ clock, timing: { drainMs: 5_000 } })
    const ann = await node.connect('ann')
    const stays = setEvery(clock, 100, () => void ann.request('time', { t0: 1 }))
    const drained = node.rookery.drain()
    await clock.advance(0)
    expect(isTold(ann)).toBe(true)
    expect(await ann.request('c2c', node.text('bob', 'still here'))).toMatchObject({ ok: true })
    await clock.advance(400)
    expect(await ann.request('c2c', node.text('bob', 'and here'))).toMatchObject({ ok: true })
    stays()
    await clock.advance(6_000)
    await drained
    expect(ann.isClosed).toBe(true)
  })

  it('closes a client that had time to go and waits for nothing', async () => {
    const clock = new VirtualClock()
    const node = await TestNode.start({ clock })
    const ann = await node.connect('ann')
    const drained = node.rookery.drain()
    await clock.advance(400)
    expect(ann.isClosed).toBe(false)
    await clock.advance(200)
    await drained
    expect(ann.isClosed).toBe(true)
  })

  it('waits with the close while a request of the client is unanswered, and refuses new ones after 0.9 of the deadline', async () => {
    const clock = new VirtualClock()
    const storage = new MemoryStorage()
    const node = await TestNode.start({ clock, storage, timing: { drainMs: 5_000 } })
    const ann = await node.connect('ann')
    const commit = storage.commit.bind(storage)
    let release = (): void => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    storage.commit = async (ops) => (await held, commit(ops))
    const answer = ann.request('c2c', node.text('bob', 'slow'))
    const drained = node.rookery.drain()
    await clock.advance(4_400)
    expect(ann.isClosed).toBe(false)
    await clock.advance(110)
    expect(await ann.code('time', { t0: 3 })).toBe('UNAVAILABLE')
    release()
    expect(await answer).toMatchObject({ ok: true })
    await clock.advance(100)
    await drained
    expect(ann.isClosed).toBe(true)
  })

  it('sends no more clients away per second than the others shall log in', async () => {
    const clock = new VirtualClock()
    const node = await TestNode.start({ clock, drain: { loginsPerSecond: 100 } })
    const devices: FakeDevice[] = []
    for (let i = 0; i < 300; i++) devices.push(await node.connect(`user-${i}`))
    const drained = node.rookery.drain()
    await clock.advance(0)
    const counts: number[] = []
    for (let second = 1; second <= 3; second++) {
      await clock.advance(1_000)
      counts.push(devices.filter(isTold).length)
    }
    expect(counts).toEqual([101, 201, 300])
    await clock.advance(1_000)
    await drained
  })

  it('tells everybody by 0.8 of the deadline, and closes whoever is left at the deadline', async () => {
    const clock = new VirtualClock()
    const node = await TestNode.start({ clock, drain: { loginsPerSecond: 1 }, timing: { drainMs: 5_000 } })
    const devices: FakeDevice[] = []
    for (let i = 0; i < 40; i++) devices.push(await node.connect(`user-${i}`))
    const drained = node.rookery.drain()
    await clock.advance(2_000)
    expect(devices.filter(isTold).length).toBe(21)
    await clock.advance(2_000)
    expect(devices.every(isTold)).toBe(true)
    await clock.advance(1_000)
    await drained
    expect(devices.every(({ isClosed }) => isClosed)).toBe(true)
  })
})

/** Calls again and again on this clock; answers how to end that. */
function setEvery(clock: VirtualClock, everyMs: number, call: () => void): () => void {
  let isOver = false
  const run = (): void => {
    if (isOver) return
    call()
    clock.setTimeout(run, everyMs)
  }
  clock.setTimeout(run, everyMs)
  return () => (isOver = true)
}
