// `rookery export`: everything that is kept of one user, a JSON record on each line.
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import type { HostMaintenance } from '@rookery/core'
import { userId, type Given } from './arguments.js'
import { storageOptions } from './database.js'
import { withMaintenance } from './node.js'
import { inWords, ProgressLine } from './progress.js'
import { exit, UsageError, type Terminal } from './terminal.js'

/** So many records are written between two looks at how many there are. */
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
    // There is always the record of the user itself.
    progress.end(records > 1 ? inWords({ records }) : `nothing is kept of ${user}: is it the right id?`)
  })
  return exit.ok
}

/** @throws UsageError where it is there already, or cannot be made */
async function newFile(path: string): Promise<Writable> {
  // What somebody said is for nobody else on this machine.
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
    // Whoever reads has gone.
    if (out.destroyed || (!isTaken && !(await drained(out)))) return records
    records += 1
    if (records % tellEvery === 0) progress.count({ records })
  }
  return records
}

/** Resolves once more can be written; false where nobody reads any more. */
const drained = (out: Writable): Promise<boolean> =>
  once(out, 'drain').then(
    () => true,
    () => false,
  )
