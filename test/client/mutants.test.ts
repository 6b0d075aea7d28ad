import { describe, expect, it } from 'vitest'
import { mutants } from './mutants.js'
import { fits, runMutant } from './run-mutant.js'

/** One of the first seeds notices each of these; the long run tries all mutants. */
const quick = ['sends the outbox from behind', 'counts what was recalled']

describe('the mutants of the client', () => {
  it('are ten, and each one still fits the source', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(10)
    expect(mutants.filter((mutant) => !fits(mutant)).map(({ name }) => name)).toEqual([])
  })

  it.each(mutants.filter(({ name }) => quick.includes(name)))('are noticed: one that $name', async (mutant) => {
    expect(await runMutant(mutant, 20), 'it survived').not.toBeNull()
  })
})
