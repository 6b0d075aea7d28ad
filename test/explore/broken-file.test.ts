import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { BrokenFile } from './broken-file.js'
import type { Outcome } from './counts.js'

function fresh(): BrokenFile {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-explore-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return new BrokenFile(join(folder, 'data', 'broken.jsonl'))
}
const outcome = (seed: number): Outcome => ({
  kind: 'twos',
  seed,
  world: 'narrow limits',
  faults: [{ invariant: 9, what: 'a\nb' }],
})

it('reads the broken seeds back, each once', () => {
  const file = fresh()
  expect(file.read()).toEqual([])
  for (const seed of [3, 1, 3]) file.add(outcome(seed))
  expect(file.read()).toEqual([
    { kind: 'twos', seed: 3 },
    { kind: 'twos', seed: 1 },
  ])
  file.replace([outcome(1)])
  expect(file.read()).toEqual([{ kind: 'twos', seed: 1 }])
})

it('names a line that is not in its format', () => {
  const file = fresh()
  file.add(outcome(1))
  for (const line of ['{', '{}', '{"kind":"nobody","seed":1}', '{"kind":"twos","seed":"1"}', 'null']) {
    writeFileSync(file.path, `\n${line}\n`)
    expect(() => file.read()).toThrow(/broken\.jsonl, line 2 is no seed that broke$/)
  }
})
