// What the files of a package still import.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The paths that a module or a declaration imports, in every form; texts that only look so are left out. */
export const importsOf = (text: string): string[] =>
  [
    ...text.matchAll(
      /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\(|\bcreateRequire\b[^\n]*\)\()['"]([\w@.][\w@./:-]*)['"]/g,
    ),
  ].map(([, path]) => path!)

/** The packages that files of a folder import. */
export function packagesUsed(folder: string): ReadonlySet<string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.[cm]?[jt]s$/.test(name))
  const paths = files.flatMap((file) => importsOf(readFileSync(join(folder, file), 'utf8')))
  return new Set(paths.filter((path) => !path.startsWith('.')).map(packageIn))
}

const packageIn = (path: string): string => path.split('/', path.startsWith('@') ? 2 : 1).join('/')
