import { describe, expect, it } from 'vitest'
import { RookeryError } from '@rookery/protocol'
import { type RefusedResult, RowsHeld, type StorageOp, type StorageResult } from '../../ports/storage.js'
import { settle, VirtualClock } from '@rookery/testing'
import { Writer } from './writer.js'

type Result = StorageResult | RefusedResult
const ok: Result = { status: 'ok', loginEpoch: 1 }
const refused: Result = { status: 'refused', error: new Error('not this one') }
const held: Result = { status: 'refused', error: new RowsHeld(), isHeld: true }
const stale: Result = { status: 'stale' }

/** A writer over a storage whose commits end when the test says so; it records everything that happens. */
function stage() {
  const clock = new VirtualClock()
  const said: string[] = []
  const underWay: { readonly names: string[]; end(results?: Result[]): void; fail(error?: Error): void }[] = []
  const storage = {
    commit: (ops: readonly StorageOp[]) =>
      new Promise((resolve, reject) => {
        const names = ops.map((op) => (op as { userId: string }).userId)
        said.push(`commit ${names.join(' ')}`)
        underWay.push({
          names,
          end: (results = names.map(() => ok)) => resolve(results),
          fail: (error = new Error('the database is away')) => reject(error),
        })
      }),
  }
  const logger = { info: () => {}, warn: () => {}, error: () => {} }
  const limits = { writerQueue: 10, commitOps: 10 }
  const writer = new Writer(storage as never, clock, logger, limits, () => said.push('flush'))
  const write = (name: string, refusal: () => RookeryError | null = () => null, order?: string): void => {
    const full = writer.enqueue({
      ...(order === undefined ? {} : { order }),
      op: { op: 'raise-login', userId: name },
      deadlineMs: clock.monotonic() + 1000,
      admit: refusal,
      settled: (result) => {
        said.push(`${name} ${result.status}`)
        return (result as Result).status === 'stale' ? 'again' : undefined
      },
      failed: (error) => said.push(`${name} ${error.message}`),
    })
    if (full !== null) said.push(`${name} ${full.code}`)
  }
  return { clock, said, underWay, writer, write }
}

describe('the writer', () => {
  it('begins the next commit before it hands out the results of the last one', async () => {
    const { said, underWay, write } = stage()
    write('a')
    await settle()
    write('b')
    write('c')
    underWay[0]!.end()
    await settle()
    expect(said).toEqual(['commit a', 'commit b c', 'a ok', 'flush'])
    underWay[1]!.end()
    await settle()
    expect(said.slice(4)).toEqual(['b ok', 'c ok', 'flush'])
  })

  it('hands out a refusal first: it may take out what waits behind it', async () => {
    const { said, underWay, write } = stage()
    let wasRefused = false
    write('a')
    await settle()
    write('b', () => (wasRefused ? new RookeryError('UNAVAILABLE', 'held back') : null))
    write('c')
    wasRefused = true
    underWay[0]!.end([refused])
    await settle()
    expect(said).toEqual(['commit a', 'a refused', 'flush', 'b held back', 'commit c'])
  })

  it('runs a failed commit again, and later operations after it', async () => {
    const { clock, said, underWay, write } = stage()
    write('a')
    await settle()
    write('b')
    underWay[0]!.fail()
    await settle()
    expect(said).toEqual(['commit a'])
    await clock.advance(50)
    expect(said).toEqual(['commit a', 'commit a'])
    underWay[1]!.end()
    await settle()
    expect(said.slice(2)).toEqual(['commit b', 'a ok', 'flush'])
  })

  it('gives up late operations, in a commit and behind it, and goes on', async () => {
    const { clock, said, underWay, writer, write } = stage()
    write('a')
    await settle()
    write('b')
    await clock.advance(1500)
    const late = 'storage did not answer in time'
    expect(said).toEqual(['commit a', `a ${late}`, `b ${late}`])
    underWay[0]!.end()
    await settle()
    expect(said.slice(3)).toEqual(['a ok', 'flush'])
    write('c')
    await settle()
    underWay[1]!.end()
    await writer.flushed()
    expect(said.slice(5)).toEqual(['commit c', 'c ok', 'flush'])
  })

  it('takes a bounded number, and is idle only when the last result is out', async () => {
    const { said, underWay, writer, write } = stage()
    write('a')
    await settle()
    for (let n = 0; n < 11; n++) write(`n${n}`)
    expect(said).toEqual(['commit a', 'n10 OVERLOADED'])
    const idle = writer.flushed().then(() => said.push('idle'))
    underWay[0]!.end()
    await settle()
    underWay[1]!.end()
    await idle
    expect(said.at(-1)).toBe('idle')
    expect(said.at(-2)).toBe('flush')
  })

  it('an operation that needs a held row waits apart with those behind it in its order; others go on', async () => {
    const { clock, said, underWay, writer, write } = stage()
    const may = () => null
    for (const [name, order] of [
      ['a1', 'a'],
      ['a2', 'a'],
      ['b1', 'b'],
    ] as const)
      write(name, may, order)
    await settle()
    write('a3', may, 'a')
    write('b2', may, 'b')
    underWay[0]!.end([held, held, ok])
    await settle()
    expect(said).toEqual(['commit a1 a2 b1', 'b1 ok', 'flush', 'commit b2'])
    underWay[1]!.end()
    await settle()
    expect(writer.length).toBe(3)
    expect(writer.failing(1000)).toBeNull()
    await clock.advance(200)
    expect(said.at(-1)).toBe('commit a1 a2 a3')
    // The commit has nothing else, so it fails as a whole.
    underWay[2]!.fail(new RowsHeld())
    await settle()
    write('b3', may, 'b')
    await settle()
    expect(said.at(-1)).toBe('commit b3')
    underWay[3]!.end()
    await settle()
    await clock.advance(200)
    underWay[4]!.end()
    await writer.flushed()
    expect(said.slice(-4)).toEqual(['a1 ok', 'a2 ok', 'a3 ok', 'flush'])
  })

  it('gives up what waits for a row at its deadline', async () => {
    const { clock, said, underWay, writer, write } = stage()
    write('a')
    write('b')
    await settle()
    underWay[0]!.end([held, ok])
    for (let n = 1; n <= 4; n += 1) {
      await clock.advance(200)
      underWay[n]!.fail(new RowsHeld())
      await settle()
    }
    await clock.advance(400)
    underWay[5]?.fail(new RowsHeld())
    await writer.flushed()
    expect(said.filter((one) => one.startsWith('a '))).toEqual(['a storage did not answer in time'])
  })

  it('an operation that waits for a row does not go before an earlier one that is decided again', async () => {
    const { said, underWay, write } = stage()
    write('a1', () => null, 'a')
    write('a2', () => null, 'a')
    await settle()
    underWay[0]!.end([stale, held])
    await settle()
    expect(said).toEqual(['commit a1 a2', 'a1 stale', 'flush', 'commit a1 a2'])
  })
})
