// `rookery migrate`: brings chat's tables up to date, for apps that start with `migrations: 'check'`.
import type { Given } from './arguments.js'
import { storageOptions } from './database.js'
import { storageOf } from './node.js'
import { exit, type Terminal } from './terminal.js'

export async function migrate(given: Given, terminal: Terminal): Promise<number> {
  const storage = storageOf({ ...storageOptions(given, terminal, true), migrations: 'run' })
  const { warnings } = await storage.start((line) => void terminal.stderr.write(`migrate: ${line}\n`))
  await storage.stop()
  for (const warning of warnings) terminal.stderr.write(`migrate: ${warning}\n`)
  terminal.stderr.write('migrate: the tables are up to date\n')
  return exit.ok
}
