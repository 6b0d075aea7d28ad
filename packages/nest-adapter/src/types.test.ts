import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')

/** The compiler's output for a folder; it reads the built packages, as a host's does. */
const compile = async (folder: string): Promise<string> => {
  const project = fileURLToPath(new URL(`../type-tests/${folder}`, import.meta.url))
  const output = await promisify(execFile)(process.execPath, [tsc, '-p', project]).catch(
    (failed: { stdout: string }) => failed,
  )
  return output.stdout
}

// Each wrong line there has @ts-expect-error: a line that compiles is then an error itself.
describe('a wrong payload does not compile, a right one does', () => {
  it('where types are registered', async () => expect(await compile('registered')).toBe(''))
  it('where types are named, or open', async () => expect(await compile('explicit')).toBe(''))
})
