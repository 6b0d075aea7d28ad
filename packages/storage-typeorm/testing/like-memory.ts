// Runs seeds of random operations on each database beside memory, as tests.
import { describe, expect, it, onTestFinished } from 'vitest'
import { dialects, type Dialect } from './dialects.js'
import { describeOnMysql } from './mysql.js'
import { describeOnPostgres } from './postgres.js'
import { large, SideBySide, small, type Met } from './side-by-side.js'

async function alone(dialect: Dialect, seed: number, every: number): Promise<Met> {
  const both = await SideBySide.open(dialect)
  onTestFinished(() => both.close())
  const met = await both.run(seed, large(every))
  await both.leave(seed, large(every))
  await both.verify()
  return met
}

function cases(dialect: Dialect, seeds: readonly number[], every: number): void {
  it(`leave and answer on ${dialect.name} what they do in memory`, async () => {
    const met = []
    for (const seed of seeds) met.push(await alone(dialect, seed, every))
    nothingIsIdle(met)
  }, 120_000)
}

function nothingIsIdle(met: readonly Met[]): void {
  expect(new Set(met.flatMap(({ statuses }) => statuses))).toEqual(new Set(everyStatus))
  const read = met.map((one) => one.read).join('')
  for (const told of everyTold) expect(read.includes(told), told).toBe(true)
}

const everyTold = [
  '"withheld":true',
  '"recalled":true',
  '"fanOut":"read"',
  '"kind":"unfollow"',
  '"reactions":"',
  '"message":null',
]

const everyStatus = [
  ...['stored', 'duplicate', 'stale'].flatMap((status) => [`append ${status}`, `control ${status}`, `group ${status}`]),
  ...['unchanged', 'gone', 'too-many'].map((status) => `control ${status}`),
  'append refused',
  ...['device ok', 'custom ok', 'forget-device ok', 'raise-login ok', 'settings duplicate'],
  ...['push-register ok', 'push-unregister ok', 'push-claim ok', 'pushed ok'],
  ...['ok', 'not-member'].flatMap((status) => [`read ${status}`, `settings ${status}`]),
]

/** Under each of the seeds, on each database. */
export function compareWithMemory(seeds: readonly number[]): void {
  describe('random operations', () => cases(dialects.sqlite, seeds, 15))
  describeOnPostgres('random operations', () => cases(dialects.postgres, seeds, 30))
  describeOnMysql('random operations', () => cases(dialects.mysql, seeds, 15))
}

/** So many seeds share a database: more make trimming slow, fewer pay for its tables more often. */
const together = 25

/** Under many seeds, each of a few people and batches, on each database. Tells at once of each that differs. */
export function compareManyWithMemory(first: number, count: number): void {
  const many = (dialect: Dialect): void => {
    it(`${count} seeds leave and answer on ${dialect.name} what they do in memory`, async () => {
      const broken: string[] = []
      const met: Met[] = []
      const startedMs = performance.now()
      for (let seed = first; seed < first + count;) {
        const both = await SideBySide.open(dialect)
        try {
          for (const until = Math.min(seed + together, first + count); seed < until;) {
            met.push(await both.run(seed, small))
            if (seed % 8 === 0) await both.leave(seed, small)
            seed += 1
          }
          await both.verify()
        } catch (error) {
          broken.push(`seed ${seed}: ${String(error)}`)
          console.log(broken.at(-1))
          seed += 1
        } finally {
          await both.close()
        }
      }
      console.log(`${count} seeds on ${dialect.name} in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`)
      expect(broken.join('\n\n')).toBe('')
      nothingIsIdle(met)
    })
  }
  describe('random operations', () => many(dialects.sqlite))
  describeOnPostgres('random operations', () => many(dialects.postgres))
  describeOnMysql('random operations', () => many(dialects.mysql))
}
