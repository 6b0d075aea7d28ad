// `rookery export`: writes everything stored about one user, one JSON record on each line.
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import type { HostMaintenance } from '@rookery/core'
import { userId, type Given } from './arguments.js'
import { storageOptions } from './database.js'
import { withMaintenance } from './node.js'
import { inWords, ProgressLine } from './progress.js'
import { exit, UsageError, type Terminal } from './terminal.js'

/** How many records it writes between two reports of progress. */
const tellEvery = 10_000

export async function exportUser(given: Given, terminal: Terminal): Promise<number> {
  const user = userId(given.user)
  const progress = new ProgressLine('export', terminal.stderr)
  const options = storageOptions(given, terminal, false)
  await withMaintenance(options, given, terminal, async (maintenance) => {
    const out = given.out === undefined ? terminal.stdout : await newFile(given.out)
    const records = await write(maintenance, user, out, progress)
    if (given.out !== undefined) {
      out.end()
      await once(out, 'close')
    }
    // An export always has the record of the user itself.
    progress.end(records > 1 ? inWords({ records }) : `nothing is kept of ${user}: is it the right id?`)
  })
  return exit.ok
}

/** @throws UsageError where the file exists already, or cannot be made */
async function newFile(path: string): Promise<Writable> {
  // No other user of this machine may read the messages.
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 })
  try {
    await once(file, 'open')
    return file
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST'
    throw new UsageError(isThere ? `--out: ${path} is there already` : `--out: ${(error as Error).message}`)
  }
}

async function write(
  maintenance: HostMaintenance,
  user: string,
  out: Writable,
  progress: ProgressLine,
): Promise<number> {
  let records = 0
  for await (const record of maintenance.exportUser(user)) {
    const isTaken = out.write(`${JSON.stringify(record)}\n`)
    // The reader has closed the pipe.
    if (out.destroyed || (!isTaken && !(await drained(out)))) return records
    records += 1
    if (records % tellEvery === 0) progress.count({ records })
  }
  return records
}

/** Resolves when more can be written; false where the reader has gone. */
const drained = (out: Writable): Promise<boolean> =>
  once(out, 'drain').then(
    () => true,
    () => false,
  )
