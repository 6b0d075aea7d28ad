// The lint rules that guard the architecture, each proved on code that breaks it: a rule that never fires guards
// nothing.
import { execFileSync, type ExecFileSyncOptionsWithStringEncoding } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

interface Case {
  readonly says: string
  readonly file: string
  readonly code: string
  /** The rule that must fire; null if none may. */
  readonly rule: string | null
}

const imports = 'eslint(no-restricted-imports)'
const cases: readonly Case[] = [
  // What the protocol may import.
  {
    says: 'types of the protocol import a schema library',
    file: 'packages/protocol/src/p1.ts',
    code: `export { z } from 'zod'`,
    rule: imports,
  },
  {
    says: 'its schemas do',
    file: 'packages/protocol/src/schemas/p2.ts',
    code: `export { z } from 'zod/mini'`,
    rule: null,
  },
  {
    says: 'its schemas import all of it',
    file: 'packages/protocol/src/schemas/p4.ts',
    code: `export { z } from 'zod'`,
    rule: imports,
  },
  {
    says: 'its schemas import core',
    file: 'packages/protocol/src/schemas/p3.ts',
    code: `export { x } from '@rookery/core'`,
    rule: imports,
  },
  // What the client may import.
  {
    says: 'the client imports schemas',
    file: 'packages/client/src/views/q1.ts',
    code: `export { requestSchemas } from '@rookery/protocol/schemas'`,
    rule: imports,
  },
  {
    says: 'the client imports Node',
    file: 'packages/client/src/q2.ts',
    code: `export { randomUUID } from 'node:crypto'`,
    rule: imports,
  },
  {
    says: 'the client’s engine imports a view',
    file: 'packages/client/src/engine/q3.ts',
    code: `export { Cell } from '../views/observable.js'`,
    rule: imports,
  },
  {
    says: 'the client reads a clock of its own',
    file: 'packages/client/src/work/q4.ts',
    code: `export const now = (): number => Date.now()`,
    rule: 'eslint(no-restricted-globals)',
  },
  // What core may import.
  {
    says: 'core imports NestJS',
    file: 'packages/core/src/gate/a1.ts',
    code: `export { Module } from '@nestjs/common'`,
    rule: imports,
  },
  {
    says: 'core imports only a type of NestJS',
    file: 'packages/core/src/gate/a2.ts',
    code: `export type { Module } from '@nestjs/common'`,
    rule: imports,
  },
  {
    says: 'core imports socket.io',
    file: 'packages/core/src/gate/a3.ts',
    code: `import { Server } from 'socket.io'\nexport const s = new Server()`,
    rule: imports,
  },
  {
    says: 'core imports an adapter',
    file: 'packages/core/src/logic/a4.ts',
    code: `export { x } from '@rookery/storage-typeorm'`,
    rule: imports,
  },
  {
    says: 'core imports an adapter by its path',
    file: 'packages/core/src/logic/a5.ts',
    code: `export { x } from '../../../storage-typeorm/src/index.js'`,
    rule: imports,
  },
  {
    says: 'core imports dynamically',
    file: 'packages/core/src/logic/a6.ts',
    code: `export const x = (): Promise<unknown> => import('ioredis')`,
    rule: imports,
  },
  {
    says: 'core imports timers',
    file: 'packages/core/src/logic/a7.ts',
    code: `export { setTimeout } from 'node:timers'`,
    rule: imports,
  },
  {
    says: 'core takes randomness from node:crypto',
    file: 'packages/core/src/logic/a8.ts',
    code: `export { randomUUID } from 'node:crypto'`,
    rule: imports,
  },
  {
    says: 'core imports vitest outside its testing kit',
    file: 'packages/core/src/logic/a9.ts',
    code: `export { expect } from 'vitest'`,
    rule: imports,
  },
  {
    says: 'a port imports logic',
    file: 'packages/core/src/ports/a10.ts',
    code: `export { x } from '../logic/x.js'`,
    rule: imports,
  },
  {
    says: 'a memory adapter imports the gate',
    file: 'packages/core/src/memory/a11.ts',
    code: `export { x } from '../gate/x.js'`,
    rule: imports,
  },
  {
    says: 'core imports what it may',
    file: 'packages/core/src/logic/a12.ts',
    code: `export { LRUCache } from 'lru-cache'\nexport { createHash } from 'node:crypto'\nexport { b } from './b.js'\nexport { c } from '../ports/c.js'`,
    rule: null,
  },
  {
    says: 'a suite imports vitest',
    file: 'packages/testing/src/suites/a13.ts',
    code: `export { expect } from 'vitest'`,
    rule: null,
  },
  {
    says: 'the testing kit beside the suites imports vitest',
    file: 'packages/testing/src/a14.ts',
    code: `export { expect } from 'vitest'`,
    rule: imports,
  },
  {
    says: 'logic imports the gate',
    file: 'packages/core/src/logic/messages/a15.ts',
    code: `export { x } from '../../gate/session.js'`,
    rule: imports,
  },
  {
    says: 'logic imports another room of logic',
    file: 'packages/core/src/logic/messages/a16.ts',
    code: `export { x } from '../groups/rosters.js'`,
    rule: null,
  },
  // Time, randomness and the process, in core.
  ...[
    'Date.now()',
    'new Date()',
    'performance.now()',
    'setTimeout(() => 1, 1)',
    'setInterval(() => 1, 1)',
    'setImmediate(() => 1)',
    'globalThis.setTimeout(() => 1, 1)',
    'process.hrtime()',
    'crypto.randomUUID()',
  ].map((code, i): Case => ({
    says: `core calls ${code}`,
    file: `packages/core/src/gate/t${i}.ts`,
    code: `export const x = ${code}`,
    rule: 'eslint(no-restricted-globals)',
  })),
  {
    says: 'core calls Math.random',
    file: 'packages/core/src/gate/r1.ts',
    code: `export const x = Math.random()`,
    rule: 'eslint(no-restricted-properties)',
  },
  {
    says: 'core logs to the console',
    file: 'packages/core/src/gate/r2.ts',
    code: `export const x = (): void => console.log(1)`,
    rule: 'eslint(no-console)',
  },
  {
    says: 'the system clock reads the time',
    file: 'packages/core/src/system/s1.ts',
    code: `export const x = (): number => Date.now() + performance.now() + Math.random()`,
    rule: null,
  },
  {
    says: "core's own test sets a timer",
    file: 'packages/core/src/gate/s2.test.ts',
    code: `setTimeout(() => 1, Date.now())`,
    rule: null,
  },
  // Adapters.
  {
    says: 'a transport imports NestJS',
    file: 'packages/transport-socketio/src/b1.ts',
    code: `export { Module } from '@nestjs/common'`,
    rule: imports,
  },
  {
    says: 'an adapter imports NestJS beside nest.ts',
    file: 'packages/storage-typeorm/src/b2.ts',
    code: `export { Module } from '@nestjs/common'`,
    rule: imports,
  },
  {
    says: 'an adapter imports NestJS in nest.ts',
    file: 'packages/storage-typeorm/src/nest.ts',
    code: `export { Module } from '@nestjs/common'`,
    rule: null,
  },
  {
    says: 'an adapter imports its library',
    file: 'packages/storage-typeorm/src/b3.ts',
    code: `export { DataSource } from 'typeorm'\nexport { RookeryError } from '@rookery/core'`,
    rule: null,
  },
  {
    says: 'an adapter imports another adapter',
    file: 'packages/storage-typeorm/src/b4.ts',
    code: `export { x } from '@rookery/transport-socketio'`,
    rule: imports,
  },
  {
    says: 'an adapter imports the insides of core',
    file: 'packages/storage-typeorm/src/b5.ts',
    code: `export { x } from '@rookery/core/src/gate/x.js'`,
    rule: imports,
  },
  {
    says: 'presence on Redis imports its library',
    file: 'packages/presence-redis/src/b7.ts',
    code: `export { Redis } from 'ioredis'\nexport { RookeryError } from '@rookery/core'`,
    rule: null,
  },
  {
    says: 'presence on Redis imports NestJS beside nest.ts',
    file: 'packages/presence-redis/src/b8.ts',
    code: `export { Module } from '@nestjs/common'`,
    rule: imports,
  },
  {
    says: 'nest-adapter imports a storage',
    file: 'packages/nest-adapter/src/b6.ts',
    code: `export { x } from '@rookery/storage-typeorm'`,
    rule: imports,
  },
  {
    says: 'a package reads the environment',
    file: 'packages/nest-adapter/src/b7.ts',
    code: `export const x = process.env.PORT`,
    rule: 'node(no-process-env)',
  },
  // Nothing imports the sample or the tests.
  {
    says: 'a package imports the sample app',
    file: 'packages/nest-adapter/src/c1.ts',
    code: `export { x } from '../../../sample-app/src/main.js'`,
    rule: imports,
  },
  {
    says: 'a test of a package imports test/',
    file: 'packages/nest-adapter/src/c2.test.ts',
    code: `import { x } from '../../../test/kit/x.js'\nx()`,
    rule: imports,
  },
  {
    says: 'the sample app imports a package by its path',
    file: 'sample-app/src/c3.ts',
    code: `export { x } from '../../packages/core/src/index.js'`,
    rule: imports,
  },
  // Everywhere.
  {
    says: 'two files import each other',
    file: 'packages/nest-adapter/src/d1.ts',
    code: `import { two } from './d2.js'\nexport const one = (): number => two()`,
    rule: 'import(no-cycle)',
  },
  {
    says: 'the second of them',
    file: 'packages/nest-adapter/src/d2.ts',
    code: `import { one } from './d1.js'\nexport const two = (): number => one()`,
    rule: 'import(no-cycle)',
  },
  {
    says: 'an export says any',
    file: 'packages/core/src/logic/e1.ts',
    code: `export const x = (y: any): any => y`,
    rule: 'typescript(no-explicit-any)',
  },
  {
    says: 'a promise floats',
    file: 'packages/core/src/logic/e2.ts',
    code: `const work = async (): Promise<void> => {}\nexport const x = (): void => {\n  work()\n}`,
    rule: 'typescript(no-floating-promises)',
  },
  {
    says: 'a promise floats in a test',
    file: 'packages/core/src/logic/e3.test.ts',
    code: `const work = async (): Promise<void> => {}\nwork()`,
    rule: 'typescript(no-floating-promises)',
  },
  {
    says: 'an async function stands where nobody waits',
    file: 'sample-app/src/e4.ts',
    code: `export const x = (e: { on(f: () => void): void }): void => e.on(async () => {})`,
    rule: 'typescript(no-misused-promises)',
  },
  {
    says: 'a default export',
    file: 'packages/core/src/logic/e5.ts',
    code: `export default 1`,
    rule: 'import(no-default-export)',
  },
]

interface Diagnostic {
  readonly code: string
  readonly filename: string
  readonly message: string
}

describe('lint', () => {
  let dir = ''
  let found: readonly Diagnostic[] = []

  beforeAll(() => {
    // A copy of the folder tree elsewhere, with the same configuration, so that the checkout stays clean.
    dir = mkdtempSync(join(tmpdir(), 'rookery-lint-'))
    copyFileSync(join(root, '.oxlintrc.json'), join(dir, '.oxlintrc.json'))
    const compilerOptions = { target: 'es2023', module: 'nodenext', strict: true, skipLibCheck: true, types: [] }
    writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['**/*.ts'] }))
    for (const { file, code } of cases) {
      mkdirSync(dirname(join(dir, file)), { recursive: true })
      writeFileSync(join(dir, file), `${code}\n`)
    }
    found = lint(dir)
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it.each(cases)('$says: $rule', ({ file, rule }) => {
    const here = found.filter((d) => d.filename.replaceAll('\\', '/').endsWith(file))
    if (rule === null) expect(here).toEqual([])
    else expect(here.map((d) => d.code)).toContain(rule)
  })

  it('has a list of what it may import for every package', () => {
    const { overrides } = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8')) as {
      overrides: { files: string[]; rules: Record<string, unknown> }[]
    }
    const listed = overrides.filter((o) => 'eslint/no-restricted-imports' in o.rules).flatMap((o) => o.files)
    for (const name of readdirSync(join(root, 'packages'))) expect(listed).toContain(`packages/${name}/src/**`)
  })
})

/** Runs the project's own linter there, and returns what it found. */
function lint(cwd: string): readonly Diagnostic[] {
  const bin = (name: string): string => join(root, 'node_modules/.bin', name)
  const options: ExecFileSyncOptionsWithStringEncoding = {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, OXLINT_TSGOLINT_PATH: bin('tsgolint') },
  }
  let out: string
  try {
    out = execFileSync(bin('oxlint'), ['--type-aware', '--format', 'json'], options)
  } catch (error) {
    out = (error as { stdout: string }).stdout // exit 1: it found something
  }
  return (JSON.parse(out) as { diagnostics: Diagnostic[] }).diagnostics
}
