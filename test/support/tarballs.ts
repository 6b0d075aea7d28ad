// The packages as npm would publish them.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

/** The root of this repository, from its sources and from the build alike. */
export const repository = ((): string => {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'package-lock.json'))) folder = dirname(folder)
  return folder
})()

/** The ids of all packages: `core` and so on. */
export const packageIds = (): string[] => readdirSync(join(repository, 'packages'))

/** Makes the files of all packages and packs them into a folder, as `core.tgz` and so on. Needs a build. */
export async function packTarballs(folder: string): Promise<void> {
  const npm = (args: readonly string[]) => promisify(execFile)('npm', args, { cwd: repository })
  mkdirSync(folder, { recursive: true })
  await npm(['run', '--silent', 'pack', '--workspace', 'tools'])
  const laidOut = packageIds().map((id) => join(repository, 'packages', id, 'publish'))
  await npm(['pack', '--silent', '--pack-destination', folder, ...laidOut])
  for (const file of readdirSync(folder)) {
    const id = /^rookery-(.+)-\d+\.\d+\.\d+.*\.tgz$/.exec(file)?.[1]
    if (id !== undefined) renameSync(join(folder, file), join(folder, `${id}.tgz`))
  }
}
