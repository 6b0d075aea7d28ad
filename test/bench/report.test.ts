import { describe, expect, it } from 'vitest'
import type { Drained } from './load/pairs-load.js'
import { judge, table } from './report.js'
import { findWrong, type PairsResult, type PairsSample } from './scenario-pairs.js'
import { judgeSqlite } from './servers/serve.js'

const sample = (variant: string, outstanding: number, round: number, acknowledgedPerS: number): PairsSample => ({
  variant,
  outstanding,
  round,
  acknowledgedPerS,
  deliveredPerS: acknowledgedPerS,
  p50Ms: 1,
  p99Ms: 2,
  serverCpuUs: 20,
  loadCpuUs: 5,
  rssBytes: 1,
  synced: 0,
})
const result = (...samples: PairsSample[]): PairsResult => ({ samples, settings: {}, wrong: [] })

describe('judging the figures', () => {
  it('compares round by round and takes the median ratio', () => {
    const verdicts = judge(
      result(
        ...[500, 60, 600].map((rate, round) => sample('rookery', 8, round, rate)),
        ...[100, 10, 100].map((rate, round) => sample('hand-written', 8, round, rate)),
      ),
      [],
    )
    expect(verdicts).toEqual([
      { what: 'rookery / hand-written, ack/s, 8 outstanding', ratio: 6, target: '≥ 5', met: true },
    ])
  })
  it('marks a target that is just missed, and asks for other factors with one outstanding', () => {
    const rounds = [sample('rookery', 1, 1, 399), sample('hand-written', 1, 1, 100)]
    expect(judge(result(...rounds), [])).toMatchObject([{ target: '≥ 4', ratio: 3.99, met: false }])
  })
  it('leaves out what was not measured', () => {
    expect(judge(result(sample('rookery', 8, 1, 400)), [])).toEqual([])
    expect(judge(null, [])).toEqual([])
  })
  it('wants the heap of an idle connection to stay below its target', () => {
    const idle = (variant: string, bytesPerConnection: number) => [
      { variant, round: 1, connections: 2000, bytesPerConnection },
    ]
    expect(judge(null, [...idle('rookery', 24_000), ...idle('relay', 20_000)])).toMatchObject([{ met: true }])
    expect(judge(null, [...idle('rookery', 24_100), ...idle('relay', 20_000)])).toMatchObject([{ met: false }])
  })
})

describe('finding what is wrong', () => {
  const right: Drained = {
    acknowledged: 100,
    delivered: 100,
    missing: 0,
    repeated: 0,
    foreign: 0,
    refused: 0,
    refusal: null,
    synced: 0,
    recipients: [],
  }
  it('finds nothing if all is stored and delivered once, or if the server stores nothing by design', () => {
    expect(findWrong(right, 100)).toEqual([])
    expect(findWrong(right, null)).toEqual([])
  })
  it.each<[Partial<Drained>, RegExp]>([
    [{ delivered: 99, missing: 1 }, /100 acknowledged, 99 delivered/],
    [{ repeated: 1 }, /1 delivered again/],
    [{ missing: 1, foreign: 1 }, /1 acknowledged and never delivered/],
    [{ foreign: 2 }, /2 delivered that were never sent/],
    [{ refused: 3, refusal: 'OVERLOADED' }, /3 not accepted \(OVERLOADED\)/],
  ])('reports %j', (change, expected) => {
    expect(findWrong({ ...right, ...change }, 100).join('\n')).toMatch(expected)
  })
  it('reports what was acknowledged and is not in the database', () => {
    expect(findWrong(right, 99)).toEqual(['100 acknowledged, 99 stored'])
  })
})

describe('the durability of SQLite', () => {
  it.each([
    ['wal', 2],
    ['wal', 3],
    ['delete', 2],
  ])('is enough with journal mode %s and synchronous %i', (mode, synchronous) => {
    expect(judgeSqlite(mode, synchronous).weaker).toEqual([])
  })
  it.each([
    ['wal', 1],
    ['wal', 0],
    ['memory', 2],
    ['off', 2],
    ['wal', Number.NaN],
    ['undefined', 2],
  ])('is too weak with journal mode %s and synchronous %i', (mode, synchronous) => {
    expect(judgeSqlite(mode, synchronous).weaker).not.toEqual([])
  })
})

describe('a table', () => {
  it('sets names to the left and figures to the right', () => {
    expect(
      table([
        ['', 'n'],
        ['long name', '1'],
        ['b', '1,000'],
      ]),
    ).toBe('               n\nlong name      1\nb          1,000')
  })
})
