// The hand-written gateway on SQLite: WAL with `synchronous=FULL`.
import { join } from 'node:path'
import libsql from 'libsql'
import { serveHandWritten } from './hand-written.js'
import { databaseFolder, judgeSqlite } from './serve.js'

await serveHandWritten(
  {
    type: 'better-sqlite3',
    driver: libsql,
    database: join(databaseFolder(), 'hand-written.sqlite'),
    enableWAL: true,
    prepareDatabase: (database: libsql.Database) => void database.pragma('synchronous = FULL'),
  },
  async (dataSource) => {
    // TypeORM has one SQLite connection for all: `save` writes through this one.
    const pragma = async (name: string): Promise<unknown> => {
      const [row] = await dataSource.query<Record<string, unknown>[]>(`PRAGMA ${name}`)
      return row?.[name]
    }
    return judgeSqlite(String(await pragma('journal_mode')), Number(await pragma('synchronous')))
  },
)
