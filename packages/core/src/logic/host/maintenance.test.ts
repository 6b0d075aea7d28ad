// Long work on stored data while the storage fails now and then.
import { afterEach, describe, expect, it } from 'vitest'
import { MemoryStorage } from '../../memory/memory-storage.js'
import { FaultyStorage, TestNode, VirtualClock } from '@rookery/testing'

const clock = new VirtualClock()
let node: TestNode
afterEach(async () => {
  const stopping = node.stop()
  await clock.advance(10_000)
  await stopping
})

/** A node on a storage that fails on demand. Ann has sent messages to bob, and maintenance works in small steps. */
async function start(): Promise<FaultyStorage> {
  const storage = new FaultyStorage(new MemoryStorage(), clock)
  node = await TestNode.start({ clock, storage, retention: { batchRows: 2, pauseMs: 10 } })
  for (let n = 1; n <= 9; n += 1)
    await node.rookery.im.sendC2C({ from: 'ann', to: 'bob', type: 'text', content: { text: `words ${n}` } })
  return storage
}

/** Moves time on until the promise is settled, at most this long. */
async function settled<T>(work: Promise<T>, withinMs: number): Promise<T> {
  let isOver = false
  void work.catch(() => {}).finally(() => (isOver = true))
  for (let ms = 0; ms < withinMs && !isOver; ms += 10) await clock.advance(10)
  expect(isOver).toBe(true)
  return work
}

const exported = async (): Promise<object[]> => {
  const records: object[] = []
  for await (const record of node.rookery.maintenance.exportUser('ann')) records.push(record)
  return records
}

describe('a storage that is away for some seconds', () => {
  it.each([1, 3, 4])('%i times in a row keeps no run from its end', async (times) => {
    const storage = await start()
    const { maintenance } = node.rookery
    const whole = await settled(exported(), 1000)

    storage.failReads(times)
    expect(await settled(maintenance.verify(), 20_000)).toMatchObject({ done: 1, findings: 0 })
    storage.failReads(times)
    expect(await settled(exported(), 20_000)).toEqual(whole)
    let done = 0
    const erasing = maintenance.eraseUser('ann', {
      onProgress(progress) {
        if (done === 0) storage.failReads(times)
        done = progress.done
      },
    })
    expect(await settled(erasing, 20_000)).toMatchObject({ done: 1, messages: 9, keys: 9, entries: 9 })
  })

  it('for longer ends it with the failure, and a further call goes on', async () => {
    const storage = await start()
    const { maintenance } = node.rookery
    storage.failReads(1_000_000)
    const began = clock.monotonic()
    await expect(settled(maintenance.verify(), 60_000)).rejects.toMatchObject({ name: 'StorageError' })
    expect(clock.monotonic() - began).toBeGreaterThanOrEqual(15_000)
    await expect(settled(exported(), 60_000)).rejects.toMatchObject({ name: 'StorageError' })
    storage.heal()
    expect(await settled(maintenance.verify(), 1000)).toMatchObject({ done: 1, findings: 0 })
  })
})
