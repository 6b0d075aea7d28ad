import { describe, expect, it } from 'vitest'
import { kindNames, readOptions, replayCommand } from './options.js'

describe('the command line of explore', () => {
  it('runs everything, without end, by default', () => {
    expect(readOptions([])).toMatchObject({ kinds: kindNames, from: null, minutes: null, seeds: null, replay: null })
    expect(readOptions([]).workers).toBeGreaterThan(0)
  })

  it('takes kinds and invariants separated by commas, in one option or several', () => {
    const { kinds, but } = readOptions(['--only', 'twos,groups', '--only', 'twos,logins', '--but', '21,9', '--but=18'])
    expect(kinds).toEqual(['twos', 'groups', 'logins'])
    expect([...but]).toEqual([21, 9, 18])
  })

  it('takes numbers', () => {
    const argv = ['--minutes', '0.5', '--seeds', '20', '--from', '0', '--workers', '3']
    expect(readOptions(argv)).toMatchObject({ minutes: 0.5, seeds: 20, from: 0, workers: 3 })
  })

  it.each([
    ['--only nobody: there are twos, ', ['--only', 'nobody']],
    ['--minutes 0: a number above 0', ['--minutes', '0']],
    ['--minutes : a number above 0', ['--minutes=']],
    ['--seeds 1.5: a number from 1 on', ['--seeds', '1.5']],
    ['--from x: a number from 0 on', ['--from', 'x']],
    ['--workers 0: a number from 1 on', ['--workers', '0']],
    ['--but kick: a number from 1 on', ['--but', 'kick']],
    ['--replay 7: a kind and a seed, such as twos:7', ['--replay', '7']],
    ['--replay nobody: there are', ['--replay', 'nobody:7']],
    ['--replay x: a number from 0 on', ['--replay', 'twos:x']],
    ["Unknown option '--fast'", ['--fast']],
  ])('refuses what it cannot do in a line: %s', (told, argv) => {
    expect(() => readOptions(argv)).toThrow(told)
  })

  it('parses the command that a replay prints', () => {
    const seed = { kind: 'like-memory-mysql', seed: 7 } as const
    expect(readOptions(replayCommand(seed).split(' -- ')[1]!.split(' ')).replay).toEqual(seed)
  })
})
