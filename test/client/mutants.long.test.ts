import { afterAll, describe, expect, it } from 'vitest'
import { mutants } from './mutants.js'
import { runMutant } from './run-mutant.js'

/** The ordinary and the long tests run these seeds on the unbroken source, and all pass. */
const seeds = Number(process.env['SEEDS'] ?? 100)

describe('of the mutants of the client', () => {
  const table: string[] = []

  it.each(mutants)('none survives that $name', async (mutant) => {
    const noticed = await runMutant(mutant, seeds)
    const { seed = '', what = 'SURVIVED' } = noticed ?? {}
    table.push(`${mutant.name.padEnd(52)} seed ${String(seed).padEnd(4)} ${what.slice(0, 90)}`)
    expect(noticed, 'no seed noticed').not.toBeNull()
  })

  afterAll(() => console.log(`mutant of the client → noticed by\n${table.join('\n')}`))
})
