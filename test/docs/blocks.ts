// Extracts the code of README.md and docs/ as files that the tests compile and run.
//
// ```ts            compiled
// ```ts run        compiled and run: it must end by itself, with 0
// ```ts file=a.ts  the same under a name, so that other blocks of the page can import it
// A comment before a block gives what the block needs and a reader does not: `<!-- setup: name -->` takes
// test/docs/setup/name.ts.fragment, `<!-- setup` on a line of its own begins code. `<!-- check` after a block begins
// code that checks what the page says of the block. Fences that name another file of this repository (`same=path`)
// must be equal to it.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { root } from './root.js'

export { root }

export interface Block {
  /** `docs/recipes.md:12` */
  readonly at: string
  /** Relative to the folder of the extracted files: `recipes/line-12.ts`. */
  readonly file: string
  readonly code: string
  readonly runs: boolean
}

/** A fence that repeats a file. */
export interface Copy {
  readonly at: string
  readonly code: string
  readonly path: string
}

export interface Page {
  readonly blocks: readonly Block[]
  readonly copies: readonly Copy[]
}

/** README.md and every page of docs/, relative to the root. */
export const pages = (): string[] => [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name))
    .sort(),
]

const fragment = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'setup', `${name}.ts.fragment`), 'utf8')

/** @throws Error if a comment or a fence is not closed, or a setup belongs to no block */
export function readPage(page: string): Page {
  const lines = readFileSync(join(root, page), 'utf8').split('\n')
  const folder = basename(page, '.md').toLowerCase()
  const blocks: { at: string; file: string; code: string; runs: boolean }[] = []
  const copies: Copy[] = []
  let setup: string[] = []

  /** The lines from here to the closing one. */
  const until = (start: number, closes: (line: string) => boolean): number => {
    const length = lines.slice(start).findIndex(closes)
    if (length === -1) throw new Error(`${page}:${start}: what begins here is not closed`)
    return start + length
  }

  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!
    const at = `${page}:${index + 1}`
    const named = /^<!-- setup: ([a-z-]+) -->$/.exec(line)?.[1]
    if (named !== undefined) setup.push(fragment(named))
    else if (/^<!-- (?:setup|check)$/.test(line)) {
      const end = until(index + 1, (other) => other === '-->')
      const code = lines.slice(index + 1, end).join('\n')
      if (line.endsWith('setup')) setup.push(code)
      else {
        const last = blocks.at(-1)
        if (last === undefined) throw new Error(`${at}: a check without a block in front`)
        last.code += `\n${code}\n`
      }
      index = end
    } else if (line.startsWith('```') && line !== '```') {
      const [language, ...words] = line.slice(3).split(' ')
      const end = until(index + 1, (other) => other === '```')
      const code = lines.slice(index + 1, end).join('\n')
      const value = (key: string): string | undefined =>
        words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1)
      const path = value('same')
      if (path !== undefined) copies.push({ at, code, path })
      else if (language === 'ts') {
        const file = `${folder}/${value('file') ?? `line-${index + 1}.ts`}`
        // Without an export it would share its names with every other block.
        blocks.push({ at, file, code: [...setup, code, 'export {}'].join('\n'), runs: words.includes('run') })
        setup = []
      }
      index = end
    }
  }
  if (setup.length > 0) throw new Error(`${page}: a setup without a block behind it`)
  return { blocks, copies }
}
