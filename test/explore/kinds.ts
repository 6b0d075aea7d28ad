// How each kind runs a seed.
import { type OnDatabase, printHistory, raceHostGroups, simulate } from '@rookery/testing'
import { dialects, type Dialect } from '../../packages/storage-typeorm/testing/dialects.js'
import { difference } from '../../packages/storage-typeorm/testing/difference.js'
import { SideBySide, small } from '../../packages/storage-typeorm/testing/side-by-side.js'
import { SimulationsOnPostgres } from '../simulation/on-postgres.js'
import { worldOf, type Story } from '../simulation/tally.js'
import type { Fault } from './counts.js'
import type { KindName } from './options.js'

export interface Ran {
  readonly world: string
  readonly faults: readonly Fault[]
  /** The events of the run, for a person to read. */
  readonly history: string
}

/** Runs the seeds of one kind, one after the other. */
export interface Runs {
  /** @param isTold true if the caller wants the history */
  run(seed: number, isTold: boolean): Promise<Ran>
  close(): Promise<void>
}

export interface Kind {
  /** True if the servers that it needs answer. */
  readonly isThere: boolean
  open(): Promise<Runs>
}

async function simulated(story: Story, seed: number, isTold: boolean, on: OnDatabase | null): Promise<Ran> {
  const { history, violations, plan } = await simulate(seed, story, on)
  const told = isTold ? `${printHistory(history)}\n${JSON.stringify(plan)}` : ''
  return { world: worldOf(plan), faults: violations, history: told }
}

const inMemory = (story: Story): Kind => ({
  isThere: true,
  open: async () => ({ run: (seed, isTold) => simulated(story, seed, isTold, null), close: async () => {} }),
})

const onPostgres = (story: Story): Kind => ({
  isThere: dialects.postgres.isThere,
  open: async () => {
    const simulations = await SimulationsOnPostgres.open()
    return {
      run: (seed, isTold) => simulated(story, seed, isTold, simulations.run(story, seed)),
      close: () => simulations.close(),
    }
  },
})

const hostGroups: Kind = {
  isThere: true,
  open: async () => ({
    run: async (seed) => {
      const { members, listed } = await raceHostGroups(seed)
      const told = difference(members, listed, 'the members at the end')
      return { world: '', faults: told === null ? [] : [{ invariant: null, what: told }], history: '' }
    },
    close: async () => {},
  }),
}

/** The number of seeds that share a database. */
const togetherMax = 10

const likeMemory = (dialect: Dialect): Kind => ({
  isThere: dialect.isThere,
  open: async () => {
    let both: SideBySide | null = null
    let seeds = 0
    const close = async (): Promise<void> => {
      const last = both
      both = null
      seeds = 0
      await last?.close()
    }
    const run = async (seed: number): Promise<Ran> => {
      if (seeds++ >= togetherMax) await close()
      both ??= await SideBySide.open(dialect)
      try {
        await both.run(seed, small)
        await both.leave(seed, small)
        await both.verify()
        return { world: '', faults: [], history: '' }
      } catch (error) {
        // The contents of the two sides differ from here on.
        await close()
        return { world: '', faults: [{ invariant: null, what: String(error) }], history: '' }
      }
    }
    return { run, close }
  },
})

export const kinds: Record<KindName, Kind> = {
  twos: inMemory('twos'),
  groups: inMemory('groups'),
  logins: inMemory('logins'),
  'host-groups': hostGroups,
  'twos-on-postgres': onPostgres('twos'),
  'groups-on-postgres': onPostgres('groups'),
  'logins-on-postgres': onPostgres('logins'),
  'like-memory-sqlite': likeMemory(dialects.sqlite),
  'like-memory-postgres': likeMemory(dialects.postgres),
  'like-memory-mysql': likeMemory(dialects.mysql),
}
