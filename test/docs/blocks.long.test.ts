// Each block that a page says can be run, in a process of its own.
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
    // Chat's own timers hold no process; a test runner or a server, which these blocks stand for, does.
    const script = `const alive = setInterval(() => {}, 1000)
      await import(${JSON.stringify(pathToFileURL(compiled.scriptOf(file)).href)})
      clearInterval(alive)`
    const args = ['--input-type=module', '--eval', script]
    await promisify(execFile)(process.execPath, args, { cwd, timeout: 30_000, env: { PATH: process.env.PATH } })
  })
})
