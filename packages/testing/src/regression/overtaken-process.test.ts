// The simulation once reordered what one device sent (RELIABILITY 9), though the server was right. A node stood still
// while two messages arrived; two more arrived in the very millisecond in which it went on. Those two ran at once,
// before the first two. A process that goes on must handle what arrived in the order of arrival.
import { expect, it } from 'vitest'
import { NodeProcess } from '../simulation/node-process.js'
import { VirtualClock } from '../virtual-clock.js'

it('what arrives as a process goes on does not overtake what waited for it', async () => {
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

it('a process that pauses again before it has handled everything handles the rest in order afterwards', async () => {
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

it('timers of a resumed clock fire in the order in which they came due', async () => {
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
