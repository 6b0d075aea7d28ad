// `rookery migrate`: makes every table and brings them up to date, for apps that start with `migrations: 'check'`.
import { makeOutbox } from '../outbox/make-outbox.js'
import { appDatabase } from './app-database.js'
import type { Given } from './arguments.js'
import { storageOptions } from './database.js'
import { storageOf } from './node.js'
import { exit, type Terminal } from './terminal.js'

export async function migrate(given: Given, terminal: Terminal): Promise<number> {
  const storage = storageOf({ ...storageOptions(given, terminal, true), migrations: 'run' })
  const app = appDatabase(given, terminal)
  const { warnings } = await storage.start((line) => void terminal.stderr.write(`migrate: ${line}\n`))
  await storage.stop()
  for (const warning of warnings) terminal.stderr.write(`migrate: ${warning}\n`)
  if (app === null) {
    terminal.stderr.write("migrate: the app's outbox was not looked for; say where it stands: --app-database URL\n")
  } else await makeOutbox(app, given['table-prefix'])
  terminal.stderr.write('migrate: the tables are up to date\n')
  return exit.ok
}
