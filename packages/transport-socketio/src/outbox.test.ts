// The queue alone, on a wire that the test lets take bytes or not.
import { expect, test } from 'vitest'
import { FlushList } from './flush-list.js'
import { Outbox } from './outbox.js'
import type { Wire } from './wire.js'

class FakeWire implements Wire {
  readonly written: string[] = []
  readonly taken: (() => void)[] = []
  pendingBytes = 0
  /** True if the wire takes the next writes at once. */
  free = true
  write(frames: readonly Buffer[], bytes: number, taken: () => void): number {
    this.written.push(Buffer.concat(frames).toString())
    if (this.free) return 0
    this.taken.push(taken)
    this.pendingBytes += bytes
    return this.pendingBytes
  }
}

const make = () => {
  const told: string[] = []
  const owner = {
    outboxFailed: (error: unknown) => told.push(String(error)),
  }
  const outbox = new Outbox(new FlushList(), owner)
  const push = (text: string): void => outbox.push(Buffer.from(text))
  return { outbox, push, wire: new FakeWire(), told }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('all frames of one turn, also those of its ticks and promises, are one write', async () => {
  const { outbox, push, wire } = make()
  outbox.open(wire)
  push('a')
  process.nextTick(() => push('b'))
  await Promise.resolve()
  push('c')
  await turn()
  expect(wire.written).toHaveLength(1)
  expect([...wire.written[0]!].toSorted().join('')).toBe('abc')
})

test('nothing leaves before it is opened', async () => {
  const { outbox, push, wire } = make()
  push('a')
  await turn()
  expect(outbox.bytes).toBe(1)
  outbox.open(wire)
  await turn()
  expect([wire.written, outbox.bytes]).toEqual([['a'], 0])
})

test('a busy socket gets nothing more until it has taken what it has', async () => {
  const { outbox, push, wire, told } = make()
  outbox.open(wire)
  push('first')
  await turn()
  wire.free = false
  push('second')
  await turn()
  push('third')
  await turn()
  expect([wire.written, outbox.bytes, told]).toEqual([['first', 'second'], 11, []])
  wire.pendingBytes = 0
  wire.free = true
  wire.taken[0]!()
  expect([wire.written.at(-1), outbox.bytes, told]).toEqual(['third', 0, []])
})

test('more than 64 KiB leaves in several writes of whole frames', async () => {
  const { outbox, push, wire, told } = make()
  outbox.open(wire)
  for (const letter of 'abcd') push(letter.repeat(30_000))
  push('e'.repeat(200_000))
  await turn()
  expect(wire.written.map((text) => [text.length, text[0], text.at(-1)])).toEqual([
    [60_000, 'a', 'b'],
    [60_000, 'c', 'd'],
    [200_000, 'e', 'e'],
  ])
  expect([outbox.bytes, told]).toEqual([0, []])
})

test('after end only the last frames leave, after what was written', async () => {
  const { outbox, push, wire } = make()
  outbox.open(wire)
  wire.free = false
  push('written')
  await turn()
  push('discarded')
  outbox.end([Buffer.from('last'), Buffer.from('!')], () => wire)
  push('late')
  wire.pendingBytes = 0
  wire.taken[0]!()
  await turn()
  expect(wire.written).toEqual(['written', 'last!'])
})

test('the owner hears of a wire that throws, and other outboxes go on', async () => {
  const list = new FlushList()
  const told: string[] = []
  const owner = { outboxFailed: (error: unknown) => told.push((error as Error).message) }
  const [bad, good] = [new Outbox(list, owner), new Outbox(list, owner)]
  const wire = new FakeWire()
  bad.open({
    pendingBytes: 0,
    write: () => {
      throw new Error('a fault')
    },
  })
  good.open(wire)
  bad.push(Buffer.from('x'))
  good.push(Buffer.from('y'))
  await turn()
  expect([told, wire.written]).toEqual([['a fault'], ['y']])
})
