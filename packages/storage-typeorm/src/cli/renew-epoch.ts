// `rookery renew-epoch`: run after a database was restored from an older copy, because devices hold newer data than the
// copy.
import { randomUUID } from 'node:crypto'
import type { Given } from './arguments.js'
import { storageOptions } from './database.js'
import { storageOf } from './node.js'
import { exit, UsageError, type Terminal } from './terminal.js'

export async function renewEpoch(given: Given, terminal: Terminal): Promise<number> {
  const options = storageOptions(given, terminal, false)
  if (given.yes !== true)
    throw new UsageError('renew-epoch has every device drop what it holds and pull anew. Give --yes to do it')
  const storage = storageOf({ ...options, migrations: 'check' })
  await storage.start()
  try {
    const epoch = randomUUID()
    await storage.maintenance.renewEpoch(epoch)
    terminal.stderr.write(`renew-epoch: the epoch is ${epoch}; nodes tell it from their next start on\n`)
    return exit.ok
  } finally {
    await storage.stop()
  }
}
