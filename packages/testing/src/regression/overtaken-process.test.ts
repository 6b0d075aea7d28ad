// How the simulation turned round what one device sent (RELIABILITY 9), and the server had done nothing wrong. A node stood
// still while two messages came in; two more came in the very millisecond in which it went on. Those ran at once, and the
// first two behind them. A process that goes on takes what it was sent in the order in which that came, whenever it came.
import { expect, it } from 'vitest'
import { NodeProcess } from '../simulation/node-process.js'
import { VirtualClock } from '../virtual-clock.js'

it('what reaches a process as it goes on does not overtake what waited for it', async () => {
  const clock = new VirtualClock()
  const process = new NodeProcess(clock)
  const ran: string[] = []
  const arrive = (name: string, atMs: number) => clock.setTimeout(() => process.enter(() => ran.push(name)), atMs)
  process.pause()
  arrive('during the pause', 10)
  arrive('during the pause, too', 15)
  clock.setTimeout(() => process.resume(), 20)
  arrive('as it goes on', 20)
  arrive('later', 21)
  await clock.advance(100)
  expect(ran).toEqual(['during the pause', 'during the pause, too', 'as it goes on', 'later'])
})

it('a process that stands still again before it has taken everything takes the rest in order afterwards', async () => {
  const clock = new VirtualClock()
  const process = new NodeProcess(clock)
  const ran: string[] = []
  process.pause()
  process.enter(() => {
    ran.push('first')
    process.pause()
  })
  process.enter(() => ran.push('second'))
  process.resume()
  process.pause()
  process.resume()
  await clock.advance(10)
  expect(ran).toEqual(['first'])
  process.enter(() => ran.push('third'))
  process.resume()
  await clock.advance(10)
  expect(ran).toEqual(['first', 'second', 'third'])
})

it('timers of a clock that goes on fire in the order in which they came due', async () => {
  const clock = new VirtualClock()
  const node = clock.node()
  const fired: string[] = []
  node.pause()
  clock.setTimeout(() => node.resume(), 20)
  for (const [name, atMs] of [
    ['due in the pause', 10],
    ['due as it goes on', 20],
    ['due later', 21],
  ] as const)
    node.setTimeout(() => fired.push(name), atMs)
  await clock.advance(100)
  expect(fired).toEqual(['due in the pause', 'due as it goes on', 'due later'])
})
