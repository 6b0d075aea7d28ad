// Runs each block that a page marks with `run`, in its own process.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { blocks, compileBlocks, type Compiled } from './compiled.js'

const data = mkdtempSync(join(tmpdir(), 'rookery-docs-'))
let compiled: Compiled

beforeAll(() => void (compiled = compileBlocks('docs-blocks-run')), 120_000)
afterAll(() => rmSync(data, { recursive: true, force: true }))

describe('the code in README.md and docs/', () => {
  it.each(blocks.filter(({ runs }) => runs).map(({ at, file }) => [at, file]))('runs: %s', async (_, file) => {
    const cwd = mkdtempSync(join(data, 'run-'))
    // Chat's own timers keep no process alive; a test runner or a server does, and this line stands for it.
    const script = `const alive = setInterval(() => {}, 1000)
      await import(${JSON.stringify(pathToFileURL(compiled.scriptOf(file)).href)})
      clearInterval(alive)`
    const args = ['--input-type=module', '--eval', script]
    await promisify(execFile)(process.execPath, args, { cwd, timeout: 30_000, env: { PATH: process.env.PATH } })
  })
})
