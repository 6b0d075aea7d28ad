// A node says at start how it works on its storage, and what it is told when another process does not fit.
import { expect, it } from 'vitest'
import {
  createRookery,
  type Logger,
  MemoryBusHub,
  MemoryPresence,
  MemoryStorage,
  SystemClock,
  type Company,
} from './index.js'

async function startOn(join: (company: Company) => Promise<boolean>, isAlone = true): Promise<readonly string[]> {
  const lines: string[] = []
  const logger: Logger = { info: (line) => lines.push(line), warn: (line) => lines.push(line), error() {} }
  const storage = Object.assign(new MemoryStorage(), { join })
  const together = isAlone ? {} : { presence: new MemoryPresence(new SystemClock()), bus: new MemoryBusHub().bus() }
  const rookery = createRookery({ storage, authenticate: () => null, logger, ...together })
  await rookery.start()
  await rookery.stop()
  return lines
}

const fits = async (): Promise<boolean> => true

it('says that it is alone without a bus, and together with others with one', async () => {
  const said: Company[] = []
  const join = async (company: Company): Promise<boolean> => said.push(company) > 0
  await startOn(join)
  await startOn(join, false)
  expect(said).toEqual(['alone', 'together'])
})

it('a process that does not fit is told in one line with the remedy; one that fits is told nothing', async () => {
  const ofTheOther = /^another process uses this database and shares no bus.*RedisPresenceModule\.forRoot/
  expect((await startOn(async () => false)).filter((line) => ofTheOther.test(line))).toHaveLength(1)
  expect((await startOn(fits)).filter((line) => ofTheOther.test(line))).toHaveLength(0)
})

it('starts all the same where nobody can know', async () => {
  const lines = await startOn(() => Promise.reject(new Error('no such right')))
  expect(lines).toContain('whether other processes use this database is not known')
  expect(lines).toContain('rookery takes clients')
})
