// The app's folder outside this repository, with the packages installed from tarballs as npm would publish them.
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packageIds, packTarballs, repository } from '../../support/tarballs.js'

/** What an app on NestJS has installed besides chat, in the versions of this repository. */
const own = [
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/platform-express',
  '@nestjs/platform-socket.io',
  '@nestjs/typeorm',
  '@nestjs/websockets',
  'libsql',
  'pg',
  'reflect-metadata',
  'rxjs',
  'socket.io',
  'typeorm',
] as const

/** @returns the folder, with every file of `./app` in it */
export async function installApp(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-boot-'))
  await packTarballs(join(folder, 'packages'))
  const versions = own.map((name) => [name, installedVersion(name)] as const)
  const ours = packageIds().map((id) => [`@rookery/${id}`, `file:packages/${id}.tgz`] as const)
  const manifest = {
    private: true,
    type: 'module',
    dependencies: Object.fromEntries([...versions, ...ours]),
    overrides: { 'file-type': '^21.3.4' },
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline']
  // The host must not see the npm settings of this repository.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')))
  await promisify(execFile)('npm', ['install', ...quiet], { cwd: folder, env })
  cpSync(join(import.meta.dirname, 'app'), join(folder, 'app'), { recursive: true })
  return folder
}

const installedVersion = (name: string): string =>
  (JSON.parse(readFileSync(join(repository, 'node_modules', name, 'package.json'), 'utf8')) as { version: string })
    .version
