import { describe, expect, it } from 'vitest'
import { LossyBusHub } from './lossy-bus.js'
import { SeededRandom } from './seeded-random.js'
import { VirtualClock } from './virtual-clock.js'

async function network(seed = 1) {
  const clock = new VirtualClock()
  const hub = new LossyBusHub({ clock, random: new SeededRandom(seed) })
  const node = async (name: string) => {
    const bus = hub.bus()
    const got: unknown[] = []
    const missed: (string | null)[] = []
    await bus.start(
      name,
      'boot',
      (frame) => got.push(frame),
      (from) => missed.push(from),
    )
    return { bus, got, missed, send: (to: string, ...frames: unknown[]) => bus.publish([to], frames) }
  }
  return { clock, hub, a: await node('a'), b: await node('b'), c: await node('c') }
}

describe('the lossy bus', () => {
  it('loses frames at its rate, the same for the same seed, and delivers none twice', async () => {
    const run = async (seed: number): Promise<unknown[]> => {
      const { clock, hub, a, b } = await network(seed)
      hub.lossRate = 0.3
      for (let n = 0; n < 1000; n += 1) a.send('b', n)
      await clock.advance(1)
      expect([hub.delivered + hub.lost, b.got.length]).toEqual([1000, hub.delivered])
      return b.got
    }
    const got = await run(7)
    expect(got.length).toBeGreaterThan(600)
    expect(got.length).toBeLessThan(800)
    expect(new Set(got).size).toBe(got.length)
    expect(await run(7)).toEqual(got)
    expect(await run(8)).not.toEqual(got)
  })

  it('delays, and lets later frames overtake earlier ones', async () => {
    const { clock, hub, a, b } = await network()
    hub.delayMs = [10, 100]
    for (let n = 0; n < 50; n += 1) a.send('b', n)
    await clock.advance(9)
    expect(b.got).toEqual([])
    await clock.advance(91)
    expect(b.got).toHaveLength(50)
    expect(b.got).not.toEqual(b.got.toSorted((x, y) => Number(x) - Number(y)))
  })

  it('cuts two nodes from one another, in both directions, and nobody else', async () => {
    const { clock, hub, a, b, c } = await network()
    hub.cut('b', 'a')
    const sendAll = async (what: string): Promise<unknown> => {
      a.send('b', `${what} ab`)
      b.send('a', `${what} ba`)
      a.send('c', `${what} ac`)
      c.send('b', `${what} cb`)
      await clock.advance(1)
      return [a.got.splice(0), b.got.splice(0), c.got.splice(0)]
    }
    expect(await sendAll('cut')).toEqual([[], ['cut cb'], ['cut ac']])
    hub.heal('a', 'b')
    expect(await sendAll('healed')).toEqual([['healed ba'], ['healed ab', 'healed cb'], ['healed ac']])
  })

  it('drops the next frame that matches, alone, and no later one', async () => {
    const { clock, hub, a, b } = await network()
    hub.dropNext((frame, { to }) => to === 'b' && frame === 'x')
    a.send('c', 'x')
    a.send('b', 'before', 'x', 'after')
    a.send('b', 'x')
    await clock.advance(1)
    expect(b.got).toEqual(['before', 'after', 'x'])
    expect(hub.lost).toBe(1)
  })

  it('tells a node that was disconnected so, and loses topics to it too', async () => {
    const { clock, hub, a, b, c } = await network()
    await b.bus.topics(['cats'], [])
    await c.bus.topics(['cats'], [])
    hub.disconnect('b')
    a.send('b', 'lost')
    a.bus.publishTo('cats', ['meow'])
    await clock.advance(10)
    expect([b.got, c.got, b.missed]).toEqual([[], ['meow'], []])
    hub.reconnect('b')
    expect([b.missed, c.missed]).toEqual([[null], []])
  })

  it('keeps frames for a paused node until it is resumed', async () => {
    const { clock, hub, a, b, c } = await network()
    hub.pause('b')
    a.send('b', 1)
    a.send('b', 2)
    a.send('c', 3)
    await clock.advance(60_000)
    expect([b.got, c.got]).toEqual([[], [3]])
    hub.resume('b')
    await clock.advance(0)
    expect(b.got).toEqual([1, 2])
  })
})
