import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  anything,
  flag,
  group,
  oneOf,
  optional,
  type Options,
  passing,
  read,
  standard,
  text,
  whole,
  wholeGroup,
  type Words,
} from './declare.js'

const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')

const words: Words = {
  wrong: (option, fault) => new Error(`option ${option} ${fault}`),
  unknown: (option, known, meant) => new Error(`option ${option} is none of ${known}${meant}`),
}

interface Pace {
  readonly steps: number
  readonly rest: 'long' | 'short'
}
interface Given {
  readonly name: string
  readonly port?: number
  readonly quiet?: boolean
  readonly pace?: Partial<Pace>
  readonly rate?: { readonly each: number; readonly most: number } | 'off'
  readonly clock?: Date
}

const above = (least: number) => passing<number>((value) => Number(value) > least, 'is too small')
const shape = {
  name: text(/^\w+$/, (value) => `must be a word, not ${JSON.stringify(value)}`),
  port: optional(whole(1, 99, 'must be from 1 to 99')),
  quiet: standard(true, flag('must be true or false')),
  pace: group<Pace>({
    steps: standard(3, above(0)),
    rest: standard('long', oneOf(['long', 'short'], 'must be a rest')),
  }),
  rate: standard({ each: 1, most: 2 }, wholeGroup({ each: above(0), most: above(1) }, 'off', 'has the wrong form')),
  clock: optional(anything<Date>()),
} satisfies Options<Given>

const given =
  (options: object): (() => unknown) =>
  () =>
    read(shape, { name: 'ann', ...options }, words)

describe('options that are declared', () => {
  it('have their defaults where they are left out, or given as undefined', () => {
    const all = {
      name: 'ann',
      port: undefined,
      quiet: true,
      pace: { steps: 3, rest: 'long' },
      rate: { each: 1, most: 2 },
      clock: undefined,
    }
    expect(given({})()).toEqual(all)
    expect(given({ quiet: undefined, pace: undefined, rate: undefined })()).toEqual(all)
    expect(given({ pace: { steps: undefined } })()).toEqual(all)
  })

  it('keep the given values, object for object', () => {
    const clock = new Date()
    const read = given({ port: 7, quiet: false, pace: { rest: 'short' }, rate: 'off', clock })() as Given
    expect(read).toMatchObject({ port: 7, quiet: false, pace: { steps: 3, rest: 'short' }, rate: 'off' })
    expect(read.clock).toBe(clock)
  })

  it.each([
    [{ name: undefined }, 'name must be a word, not undefined'],
    [{ name: 'two words' }, 'name must be a word, not "two words"'],
    [{ port: 0 }, 'port must be from 1 to 99'],
    [{ port: 1.5 }, 'port must be from 1 to 99'],
    [{ port: '7' }, 'port must be from 1 to 99'],
    [{ port: null }, 'port must be from 1 to 99'],
    [{ quiet: 'no' }, 'quiet must be true or false'],
    [{ pace: { steps: 0 } }, 'pace.steps is too small'],
    [{ pace: { rest: 'none' } }, 'pace.rest must be a rest'],
    [{ pace: 5 }, 'pace is not an object: give { steps, rest }, or some of these'],
    [{ pace: null }, 'pace is not an object: give { steps, rest }, or some of these'],
    [{ rate: { each: 0, most: 2 } }, 'rate has the wrong form'],
    [{ rate: { each: 1 } }, 'rate has the wrong form'],
    [{ rate: 'on' }, 'rate has the wrong form'],
    [{ prot: 7 }, 'prot is none of name, port, quiet, pace, rate, clock; did you mean port?'],
    [{ pace: { step: 1 } }, 'pace.step is none of steps, rest; did you mean steps?'],
    [{ rate: { each: 1, mots: 2 } }, 'rate.mots is none of each, most; did you mean most?'],
    [{ constructor: 1 }, 'constructor is none of name, port, quiet, pace, rate, clock'],
    // A misspelt name comes first, before the required one that is missing because of it.
    [{ name: undefined, nam: 'ann' }, 'nam is none of name, port, quiet, pace, rate, clock; did you mean name?'],
  ])('%o are refused in one line', (wrong, line) => {
    expect(given(wrong)).toThrow(new Error(`option ${line}`))
  })

  // Each wrong line in that file has @ts-expect-error: a line that compiles is then an error itself.
  it('cannot drift from the interface that hosts see', async () => {
    const project = fileURLToPath(new URL('../../type-tests/options', import.meta.url))
    const output = await promisify(execFile)(process.execPath, [tsc, '-p', project]).catch(
      (failed: { stdout: string }) => failed,
    )
    expect(output.stdout).toBe('')
  })
})
