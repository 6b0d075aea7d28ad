// The code of the pages as the compiler takes it, in a folder of its own for each test that asks.
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pages, readPage, root } from './blocks.js'

const all = pages().map(readPage)
export const blocks = all.flatMap((page) => page.blocks)
export const copies = all.flatMap((page) => page.copies)

export interface Compiled {
  /** What the compiler says, empty where it is content. */
  readonly complaints: string
  /** Where the JavaScript of a block's file stands. */
  scriptOf(file: string): string
}

/** Inside the repository, so that the packages are found; where git and the other tools do not look. */
export function compileBlocks(name: string): Compiled {
  const folder = join(root, 'test/dist', name)
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
  const scriptOf = (file: string): string => join(folder, 'out', file.replace(/\.ts$/, '.js'))
  try {
    execFileSync('npx', ['tsc', '-p', folder], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    return { complaints: '', scriptOf }
  } catch (error) {
    return { complaints: String((error as { stdout?: string }).stdout ?? error), scriptOf }
  }
}
