// Compiles the code of the pages, in a separate folder for each test that asks.
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pages, readPage, root } from './blocks.js'

const all = pages().map(readPage)
export const blocks = all.flatMap((page) => page.blocks)
export const copies = all.flatMap((page) => page.copies)

export interface Compiled {
  /** The compiler's output; empty if it finds nothing. */
  readonly complaints: string
  /** The path of the JavaScript of a block's file. */
  scriptOf(file: string): string
}

/** Inside the repository, so that the compiler finds the packages; in a folder that git and the other tools ignore. */
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
