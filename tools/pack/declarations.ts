// The types that a host's compiler reads: TypeScript's own declarations, and the same for `require`.
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Copies every declaration of a `dist`, each with a twin that CommonJS files read. */
export function copyDeclarations(dist: string, target: string): void {
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' })
  for (const file of files.filter((name) => name.endsWith('.d.ts'))) {
    mkdirSync(dirname(join(target, file)), { recursive: true })
    const text = withoutMap(readFileSync(join(dist, file), 'utf8'))
    writeFileSync(join(target, file), text)
    writeFileSync(join(target, file.replace(/\.d\.ts$/, '.d.cts')), forRequire(text))
  }
}

const withoutMap = (text: string): string => text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n')

/** Relative imports name the twins. */
export const forRequire = (text: string): string =>
  text.replaceAll(/((?:from|import|import\()\s*['"]\.{1,2}\/[^'"]*?)\.js(['"])/g, '$1.cjs$2')

/** Copies what stands beside `dist`. */
export const copyBeside = (from: string, to: string): void => cpSync(from, to, { recursive: true })
