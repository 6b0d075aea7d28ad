// Builds a broken copy of the client, with its simulation on top, and runs seeds until one notices.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Mutant } from './mutants.js'
import type * as Simulation from './simulate-clients.js'

const source = fileURLToPath(new URL('../../packages/client/src', import.meta.url))
const simulation = fileURLToPath(new URL('.', import.meta.url))
/** A folder that git and the other tools ignore. */
const copies = fileURLToPath(new URL('../dist/client-mutants', import.meta.url))
const isNoTest = (path: string): boolean => !path.endsWith('.test.ts')

/** Tells whether the text that a mutant replaces still occurs once. */
export const fits = ({ file, find }: Mutant): boolean =>
  readFileSync(join(source, file), 'utf8').split(find).length === 2

/** @returns the first seed that noticed, with what it saw; null if none did: the mutant survived */
export async function runMutant(mutant: Mutant, seeds: number): Promise<{ seed: number; what: string } | null> {
  const copy = join(copies, mutant.name.replaceAll(/[^a-z]+/gi, '-'))
  rmSync(copy, { recursive: true, force: true })
  try {
    mkdirSync(copies, { recursive: true })
    cpSync(source, join(copy, 'client'), { recursive: true, filter: isNoTest })
    cpSync(simulation, join(copy, 'simulation'), { recursive: true, filter: isNoTest })
    const broken = join(copy, 'client', mutant.file)
    writeFileSync(
      broken,
      readFileSync(broken, 'utf8').replace(mutant.find, () => mutant.replace),
    )
    for (const name of readdirSync(join(copy, 'simulation'))) {
      const path = join(copy, 'simulation', name)
      const text = readFileSync(path, 'utf8')
      writeFileSync(path, text.replaceAll(`from '@rookery/client'`, `from '${join(copy, 'client/index.ts')}'`))
    }
    return await firstNotice(join(copy, 'simulation/simulate-clients.ts'), seeds, mutant.isLarge ? 'large' : 'small')
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

async function firstNotice(
  path: string,
  seeds: number,
  size: Simulation.Size,
): Promise<{ seed: number; what: string } | null> {
  const { simulateClients } = (await import(/* @vite-ignore */ path)) as typeof Simulation
  for (let seed = 1; seed <= seeds; seed++) {
    const { broken } = await simulateClients(seed, size)
    if (broken[0] !== undefined) return { seed, what: broken[0] }
  }
  return null
}
