import { describe, expect, it } from 'vitest'
import { mutants } from './mutants.js'
import { fits, runMutant } from './run-mutant.js'

/** One of the first seeds notices each of these; the long run tries all mutants. */
const quick = [
  'stores a repeat again',
  'gives live entries while a session catches up',
  'moves the read position back',
  'shows joiners everything, whatever the rule',
  'counts recalled messages as unread',
]

describe('the mutants of core', () => {
  it('are at least fifteen, and each one still fits the source', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(15)
    expect(mutants.filter((mutant) => !fits(mutant)).map(({ name }) => name)).toEqual([])
  })

  it.each(mutants.filter(({ name }) => quick.includes(name)))('are noticed: one that $name', async (mutant) => {
    const caught = await runMutant(mutant, 20)
    expect(
      mutant.breaks.some((number) => caught?.invariants.includes(number)),
      caught?.what ?? 'it survived',
    ).toBe(true)
  })
})
