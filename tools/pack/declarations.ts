// The types that a host's compiler reads: TypeScript's own declarations, and the same for `require`.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { importsOf } from './imports.js'

/** Copies what these declarations of a `dist` reach, each with a twin that CommonJS files read. */
export function copyDeclarations(dist: string, entries: readonly string[], target: string): void {
  const seen = new Set<string>()
  const left = entries.map((file) => file.replace(/\.js$/, '.d.ts'))
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    const text = withoutMap(readFileSync(join(dist, file), 'utf8'))
    for (const path of importsOf(text))
      if (path.startsWith('.')) left.push(join(dirname(file), path).replace(/\.js$/, '.d.ts'))
    mkdirSync(dirname(join(target, file)), { recursive: true })
    writeFileSync(join(target, file), text)
    writeFileSync(join(target, file.replace(/\.d\.ts$/, '.d.cts')), forRequire(text))
  }
}

const withoutMap = (text: string): string => text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n')

/** Relative imports name the twins. */
export const forRequire = (text: string): string =>
  text.replaceAll(/((?:from|import|import\()\s*['"]\.{1,2}\/[^'"]*?)\.js(['"])/g, '$1.cjs$2')

/** Copies the files beside `dist`. */
export const copyBeside = (from: string, to: string): void => cpSync(from, to, { recursive: true })
