// The storage port on SQLite, on the event loop's side of two threads, one that writes and one that reads. This side
// never waits for the disk or a lock.
import type { Storage } from '@rookery/core'
import { DatabaseStorage, type OpenDatabase } from '../database-storage.js'
import { maintenanceOver } from '../maintenance/calls.js'
import type { ReadArgs, ReadName, ReadResult } from '../reads.js'
import { openChannel } from './channel.js'
import { companyCall } from './company.js'
import { maintenanceCall } from './maintaining.js'
import type { SqliteSettings } from './options.js'
import { queries } from './reading/queries.js'
import type { Query } from './reading/query.js'
import { packOps, unpackResults } from './wire.js'

type Results = Awaited<ReturnType<OpenDatabase['commit']>>

export const sqliteStorage = (settings: SqliteSettings): Storage => new DatabaseStorage(() => open(settings))

async function open(settings: SqliteSettings): Promise<OpenDatabase> {
  const writing = openChannel('write', settings)
  const reading = openChannel('read', settings)
  // The writer closes last: the connection that closes last copies the log into the file and removes the log.
  const close = async (): Promise<void> => {
    await reading.close()
    await writing.close()
  }
  try {
    const info = await writing.open()
    // A thread that reads begins with the first read: a thread holds 13 MB, and an app that only starts needs one less.
    if (!settings.worker) await reading.open()
    return {
      info,
      async read<Name extends ReadName>(name: Name, args: ReadArgs<Name>): Promise<ReadResult<Name>> {
        const raw: unknown = JSON.parse(await reading.call(name, JSON.stringify(args)))
        const definition = queries[name] as unknown as Query<ReadArgs<Name>, unknown, ReadResult<Name>>
        return definition.decode(raw, args)
      },
      commit: async (ops) => unpackResults(await writing.call('commit', packOps(ops))) as Results,
      maintenance: maintenanceOver((text, writes) => (writes ? writing : reading).call(maintenanceCall, text)),
      join: async (company) => JSON.parse(await writing.call(companyCall, company)) as boolean,
      close,
    }
  } catch (error) {
    await Promise.all([writing.close(), reading.close()])
    throw error
  }
}
