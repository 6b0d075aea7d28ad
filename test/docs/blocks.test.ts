import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pages, readPage, root } from './blocks.js'

// Inside the repository, so that the packages are found; in a folder that git and the other tools leave alone.
const folder = join(root, 'test/dist/docs-blocks')
const all = pages().map(readPage)
const blocks = all.flatMap((page) => page.blocks)
const data = mkdtempSync(join(tmpdir(), 'rookery-docs-'))

/** What the compiler says, empty where it is content. */
let complaints = ''

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  for (const { file, code } of blocks) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), code)
  }
  const compilerOptions = { rootDir: '.', outDir: 'out', composite: false, declaration: false, declarationMap: false }
  const tsconfig = {
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions,
    include: ['**/*.ts'],
    exclude: ['out'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  try {
    execFileSync('npx', ['tsc', '-p', folder], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    complaints = String((error as { stdout?: string }).stdout ?? error)
  }
}, 120_000)
afterAll(() => rmSync(data, { recursive: true, force: true }))

describe('the code in README.md and docs/', () => {
  it('is there', () => expect(blocks.length).toBeGreaterThan(5))

  it.each(blocks.map(({ at, file }) => [at, file]))('compiles: %s', (_, file) => {
    expect(complaints.split('\n').filter((line) => line.includes(file))).toEqual([])
  })

  it('compiles as a whole', () => expect(complaints).toBe(''))

  it.each(blocks.filter(({ runs }) => runs).map(({ at, file }) => [at, file]))('runs: %s', async (_, file) => {
    const compiled = join(folder, 'out', file.replace(/\.ts$/, '.js'))
    const cwd = mkdtempSync(join(data, 'run-'))
    // Chat's own timers hold no process; a test runner or a server, which these blocks stand for, does.
    const script = `const alive = setInterval(() => {}, 1000)
      await import(${JSON.stringify(pathToFileURL(compiled).href)})
      clearInterval(alive)`
    const args = ['--input-type=module', '--eval', script]
    await promisify(execFile)(process.execPath, args, { cwd, timeout: 30_000, env: { PATH: process.env.PATH } })
  })

  it.each(all.flatMap((page) => page.copies).map(({ at, path, code }) => [at, path, code]))(
    'shows a file as it is: %s is %s',
    (_, path, code) => expect(`${code}\n`).toBe(readFileSync(join(root, path), 'utf8')),
  )
})
