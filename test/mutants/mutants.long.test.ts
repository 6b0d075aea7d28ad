import { afterAll, describe, expect, it } from 'vitest'
import { mutants } from './mutants.js'
import { runMutant } from './run-mutant.js'

/**
 * The ordinary and the long tests together run these seeds on the unbroken source, and all pass; `SEEDS` tries another
 * number. One seed in a hundred shows the mutants that are hardest to see, so that ten of these do.
 */
const seeds = Number(process.env['SEEDS'] ?? 1_000)

describe('of the mutants of core', () => {
  const table: string[] = []

  it.each(mutants)('none survives that $name', async (mutant) => {
    const caught = await runMutant(mutant, seeds)
    const { seed = '', invariants = [], what = 'SURVIVED' } = caught ?? {}
    table.push(
      `${mutant.name.padEnd(62)} seed ${String(seed).padEnd(4)} ${invariants.join(' ').padEnd(12)} ${what.slice(0, 90)}`,
    )
    expect(caught, 'no seed noticed').not.toBeNull()
    expect(
      caught!.invariants.some((number) => mutant.breaks.includes(number)),
      caught!.what,
    ).toBe(true)
  })

  afterAll(() => console.log(`mutant → caught by\n${table.join('\n')}`))
})
