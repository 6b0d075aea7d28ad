import { expect, it } from 'vitest'
import type { KindName } from './options.js'
import { Turns } from './turns.js'

const options = (kinds: readonly KindName[], seeds: number | null = null, from: number | null = null) => ({
  kinds,
  seeds,
  from,
})

it('kinds take turns by time, each with its own seeds in order', () => {
  const turns = new Turns(options(['twos', 'groups']), 100)
  const at = (ms: number) => Object.values(turns.next(1, ms)!).join(' ')
  expect([at(0), at(400), at(999), at(1000), at(1500), at(2000)]).toEqual([
    'twos 100',
    'twos 101',
    'twos 102',
    'groups 100',
    'groups 101',
    'twos 103',
  ])
})

it('two workers never run the same seed', () => {
  const turns = new Turns(options(['twos'], null, 7), 100)
  expect([turns.next(1, 0), turns.next(2, 0), turns.next(1, 1)].map((one) => one?.seed)).toEqual([7, 8, 9])
})

it('workers begin with different kinds', () => {
  const turns = new Turns(options(['twos', 'groups', 'logins']), 1)
  expect([turns.next(1, 0), turns.next(2, 0)].map((one) => one?.kind)).toEqual(['twos', 'groups'])
})

it('a kind that has run all its seeds is skipped, and the run ends when all have', () => {
  const turns = new Turns(options(['twos', 'groups'], 2), 1)
  const all = [0, 1, 2, 3, 4].map((ms) => turns.next(1, ms))
  expect(all.map((one) => one && `${one.kind} ${one.seed}`)).toEqual(['twos 1', 'twos 2', 'groups 1', 'groups 2', null])
})
