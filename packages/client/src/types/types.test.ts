import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
const project = fileURLToPath(new URL('../../type-tests', import.meta.url))

// The compiler reads the built packages, as an app's does. A wrong line that compiles is an error itself.
it('a wrong content or payload does not compile, a right one does', async () => {
  const output = await promisify(execFile)(process.execPath, [tsc, '-p', project]).catch(
    (failed: { stdout: string }) => failed,
  )
  expect(output.stdout).toBe('')
})
