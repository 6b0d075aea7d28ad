// In which order the list writes to connections. The connections here only count.
import { expect, test } from 'vitest'
import { FlushList } from './flush-list.js'

const turn = () => new Promise((resolve) => setImmediate(resolve))

const connections = (count: number) => {
  const list = new FlushList()
  const flushed: number[] = []
  const all = Array.from({ length: count }, (_, index) => ({ flush: () => void flushed.push(index) }))
  const add = (...indexes: number[]): void => indexes.forEach((index) => list.add(all[index]!))
  const answer = (index: number): void => list.addAnswer(all[index]!)
  return { list, flushed, all, add, answer, everybody: [...all.keys()] }
}

test('a few connections with events are flushed in one turn, in their order, each once', async () => {
  const { flushed, add } = connections(3)
  add(2, 0, 2, 1, 0)
  await turn()
  expect(flushed).toEqual([2, 0, 1])
  await turn()
  expect(flushed).toHaveLength(3)
})

test('a connection with an answer is flushed first, and once for all that it has', async () => {
  const { flushed, add, answer } = connections(3)
  add(0, 1, 2)
  answer(2)
  add(2)
  await turn()
  expect(flushed).toEqual([2, 0, 1])
})

test('a broadcast goes out in slices, and an answer between two slices does not wait for the rest', async () => {
  const { flushed, add, answer, everybody } = connections(1000)
  add(...everybody)
  await turn()
  const slice = flushed.length
  expect([slice >= 4, slice <= 32]).toEqual([true, true])
  answer(999)
  await turn()
  expect(flushed[slice]).toBe(999)
  while (flushed.length < 1000) await turn()
  expect(flushed.toSorted((a, b) => a - b)).toEqual(everybody)
})

test('a connection that waits and gets more keeps its place and is flushed once', async () => {
  const { flushed, add, everybody } = connections(200)
  add(...everybody)
  await turn()
  const slice = flushed.length
  add(199, 0)
  while (flushed.length < 201) await turn()
  await turn()
  expect(flushed).toEqual([...everybody, 0])
  expect(slice).toBeLessThan(200)
})

test('one turn flushes as many connections with events as with answers', async () => {
  const { flushed, add, answer, everybody } = connections(600)
  const told = everybody.slice(300)
  add(...told)
  for (const index of everybody.slice(0, 300)) answer(index)
  await turn()
  expect(flushed).toEqual(everybody)
})

test('the more wait, the larger the slices: the last of ten thousand waits for a few hundred turns', async () => {
  const { flushed, add, everybody } = connections(10_000)
  add(...everybody)
  let turns = 0
  for (; flushed.length < 10_000; turns++) await turn()
  expect(turns).toBeLessThan(400)
})

test('a connection that is added during a flush is flushed too', async () => {
  const { list, flushed, all } = connections(2)
  list.add({ flush: () => list.add(all[1]!) })
  list.addAnswer({ flush: () => list.addAnswer(all[0]!) })
  while (flushed.length < 2) await turn()
  expect(flushed.toSorted((a, b) => a - b)).toEqual([0, 1])
})
