import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

const above = (folder: string): string =>
  existsSync(join(folder, 'package-lock.json')) ? folder : above(dirname(folder))

/** The root of the repository, from the sources and from `dist` alike. */
export const root = above(import.meta.dirname)
