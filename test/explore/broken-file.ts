// Keeps the seeds that broke an invariant, one a line, so that a developer can run them again.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Outcome } from './counts.js'
import { kindNames, type Seed } from './options.js'

const lineOf = (outcome: Outcome): string => `${JSON.stringify(outcome)}\n`

export class BrokenFile {
  constructor(readonly path: string) {}

  add(outcome: Outcome): void {
    mkdirSync(dirname(this.path), { recursive: true })
    appendFileSync(this.path, lineOf(outcome))
  }

  /**
   * Each seed once, in the order in which they were kept.
   * @throws Error if a line is not in this format
   */
  read(): Seed[] {
    if (!existsSync(this.path)) return []
    const seeds = new Map<string, Seed>()
    for (const [index, line] of readFileSync(this.path, 'utf8').split('\n').entries()) {
      if (line.trim() === '') continue
      const seed = seedIn(line)
      if (seed === null) throw new Error(`${this.path}, line ${index + 1} is no seed that broke`)
      seeds.set(`${seed.kind} ${seed.seed}`, seed)
    }
    return [...seeds.values()]
  }

  replace(outcomes: readonly Outcome[]): void {
    writeFileSync(this.path, outcomes.map(lineOf).join(''))
  }
}

function seedIn(line: string): Seed | null {
  try {
    const { kind, seed } = JSON.parse(line) as Partial<Seed>
    return kindNames.includes(kind!) && Number.isSafeInteger(seed) ? { kind: kind!, seed: seed! } : null
  } catch {
    return null
  }
}
