// Builds a broken copy of core's sources, with the simulation on top, and runs seeds until one sees a declared
// invariant broken.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type * as Testing from '@rookery/testing'
import type { Mutant } from './mutants.js'

const source = fileURLToPath(new URL('../../packages/core/src', import.meta.url))
const testingSource = fileURLToPath(new URL('../../packages/testing/src', import.meta.url))
const copies = fileURLToPath(new URL('../dist/mutants', import.meta.url))

/** The seed that noticed the breakage. */
interface Caught {
  readonly seed: number
  /** The invariants that the seed saw broken; none if the simulation itself failed. */
  readonly invariants: readonly number[]
  readonly what: string
}

/**
 * @returns null if no seed up to `seeds` noticed: the mutant survived
 * @throws Error if a text to replace does not occur exactly once: the source has changed, and the mutant must follow
 */
export async function runMutant(mutant: Mutant, seeds: number): Promise<Caught | null> {
  const copy = join(copies, mutant.name.replaceAll(/[^a-z]+/gi, '-'))
  rmSync(copy, { recursive: true, force: true })
  try {
    mkdirSync(copies, { recursive: true })
    cpSync(source, join(copy, 'core'), { recursive: true, filter: isNoTest })
    cpSync(testingSource, join(copy, 'testing'), { recursive: true, filter: isNoTest })
    for (const { file, find, replace } of mutant.edits) edit(join(copy, 'core', file), find, replace)
    standOn(join(copy, 'core/index.ts'), join(copy, 'testing'))
    return await firstCaught(copy, seeds, mutant)
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

const isNoTest = (path: string): boolean => !path.endsWith('.test.ts')

/** Makes the simulation of a copy import the core beside it. */
function standOn(core: string, testing: string): void {
  for (const name of readdirSync(testing, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )) {
    const path = join(testing, name)
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(`from '@rookery/core'`, `from '${core}'`))
  }
}

/** Tells whether each text that a mutant replaces still occurs once. */
export function fits({ edits }: Mutant): boolean {
  return edits.every(({ file, find }) => readFileSync(join(source, file), 'utf8').split(find).length === 2)
}

function edit(path: string, find: string, replace: string): void {
  const parts = readFileSync(path, 'utf8').split(find)
  if (parts.length !== 2) throw new Error(`${path} has ${parts.length - 1} times: ${find}`)
  writeFileSync(path, parts.join(replace))
}

async function firstCaught(copy: string, seeds: number, { story, breaks }: Mutant): Promise<Caught | null> {
  const { simulate } = (await import(/* @vite-ignore */ join(copy, 'testing/index.ts'))) as typeof Testing
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      const { violations } = await simulate(seed, story)
      const first = violations.find(({ invariant }) => breaks.includes(invariant))
      if (first !== undefined)
        return { seed, invariants: [...new Set(violations.map(({ invariant }) => invariant))], what: first.what }
    } catch (error) {
      return { seed, invariants: [], what: `it fell over: ${error instanceof Error ? error.message : 'unknown'}` }
    }
  }
  return null
}
