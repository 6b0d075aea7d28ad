import { describe, expect, it } from 'vitest'
import { type CustomOp, MemoryStorage, RowsHeld } from '@rookery/core'
import { describeStorage } from './suites/storage/describe-storage.js'
import { FaultyStorage } from './faulty-storage.js'
import { settle } from './settle.js'
import { VirtualClock } from './virtual-clock.js'

async function open() {
  const clock = new VirtualClock()
  const storage = new FaultyStorage(new MemoryStorage(), clock)
  await storage.start()
  const head = async (): Promise<number> => (await storage.inner.heads.users(['alice']))[0]!.seq
  return { clock, storage, head }
}

const fact = (payload = '1'): CustomOp => ({ op: 'custom', userId: 'alice', topic: 't', payload, at: 1 })

describeStorage({
  name: 'FaultyStorage without a fault',
  capabilities: { reopen: false, another: false },
  create: () => ({ storage: new FaultyStorage(new MemoryStorage(), new VirtualClock()), dispose() {} }),
})

describe('faulty storage', () => {
  it('fails the next commits in each way, one after the other, and then works', async () => {
    const { storage, head } = await open()
    storage.failCommits('none')
    storage.failCommits('unknown-not-stored')
    storage.failCommits('unknown-stored')
    await expect(storage.commit([fact()])).rejects.toMatchObject({ name: 'StorageError', outcome: 'none' })
    await expect(storage.commit([fact()])).rejects.toMatchObject({ name: 'StorageError', outcome: 'unknown' })
    expect(await head()).toBe(0)
    await expect(storage.commit([fact()])).rejects.toMatchObject({ name: 'StorageError', outcome: 'unknown' })
    expect(await head()).toBe(1)
    expect(await storage.commit([fact()])).toEqual([{ status: 'ok', inboxSeq: 2 }])
    expect(storage.commits).toBe(4)
  })

  it('refuses single operations and lets the others of their batch through', async () => {
    const { storage, head } = await open()
    storage.refuse((op) => op.op === 'custom' && op.payload === '"bad"')
    const results = await storage.commit([fact(), fact('"bad"'), fact(), fact('"bad"')])
    expect(results).toMatchObject([{ inboxSeq: 1 }, { status: 'refused' }, { inboxSeq: 2 }, { status: 'refused' }])
    expect(await head()).toBe(2)
  })

  it('delays a commit before it takes effect and its answer after it', async () => {
    const { clock, storage, head } = await open()
    storage.commitDelayMs = 100
    storage.answerDelayMs = 50
    let isAnswered = false
    const committed = storage.commit([fact()]).then(() => (isAnswered = true))
    await clock.advance(99)
    expect([await head(), isAnswered]).toEqual([0, false])
    await clock.advance(1)
    expect([await head(), isAnswered]).toEqual([1, false])
    await clock.advance(50)
    expect(isAnswered).toBe(true)
    await committed
  })

  it('delays reads, and fails the next ones', async () => {
    const { clock, storage } = await open()
    storage.readDelayMs = 20
    storage.failReads(1)
    const failed = expect(storage.heads.users(['alice'])).rejects.toMatchObject({ name: 'StorageError' })
    const second = storage.heads.users(['alice'])
    await clock.advance(20)
    await failed
    expect(await second).toEqual([{ seq: 0, floor: 0, loginEpoch: 0 }])
  })

  it('holds every call until it is released', async () => {
    const { storage, head } = await open()
    storage.hold()
    const order: string[] = []
    const commit = storage.commit([fact()]).then(() => order.push('commit'))
    const read = storage.heads.loginEpoch().then(() => order.push('read'))
    await settle()
    expect([order, await head()]).toEqual([[], 0])
    storage.heal()
    await Promise.all([commit, read])
    expect([order.toSorted(), await head()]).toEqual([['commit', 'read'], 1])
  })

  it('holds rows: operations on them, and later ones of their conversation, are refused as held; if no other is left, the commit fails', async () => {
    const { storage, head } = await open()
    storage.holdRows((op) => op.op === 'raise-login')
    const raise = { op: 'raise-login', userId: 'alice' } as const
    const results = await storage.commit([raise, fact()])
    expect(results).toMatchObject([{ status: 'refused', isHeld: true }, { status: 'ok' }])
    expect(await head()).toBe(1)
    await expect(storage.commit([raise])).rejects.toBeInstanceOf(RowsHeld)
    storage.heal()
    expect(await storage.commit([raise])).toMatchObject([{ status: 'ok' }])
  })
})
