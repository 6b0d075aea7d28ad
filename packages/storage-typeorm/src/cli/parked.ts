// `rookery parked`: lists, retries or drops rows of the app's outbox that could not be moved.
import { existsSync } from 'node:fs'
import type { MessageId, ParkedOutbox, ParkedPage, ParkedRow } from '@rookery/core'
import { DataSource, type DataSourceOptions } from 'typeorm'
import { TypeOrmOutbox } from '../outbox/typeorm-outbox.js'
import { appDatabase } from './app-database.js'
import type { Given } from './arguments.js'
import { storageOptions } from './database.js'
import { exit, UsageError, type Terminal } from './terminal.js'

/** Rows in one step. */
const pageRows = 200

export async function parked(given: Given, terminal: Terminal): Promise<number> {
  const { retry, drop } = given
  if (retry !== undefined && drop !== undefined) throw new UsageError('give --retry or --drop, not both')
  if (drop !== undefined && given.yes !== true)
    throw new UsageError(
      'what a dropped row asks for never happens, and nothing brings the row back. Give --yes to do it',
    )
  const which = named(retry ?? drop)
  return withOutbox(given, terminal, async (rows) => {
    if (which === null) return list(rows, given, terminal)
    const change = (ids: readonly MessageId[]) => (retry === undefined ? rows.drop(ids) : rows.unpark(ids))
    let count = 0
    for await (const ids of which === 'all' ? allOf(rows) : inParts(which)) {
      const { length } = await change(ids)
      count += length
    }
    const done = retry === undefined ? 'dropped' : 'given back to the app'
    terminal.stderr.write(`parked: ${count} ${count === 1 ? 'row' : 'rows'} ${done}\n`)
    return exit.ok
  })
}

async function list(parked: ParkedOutbox, { json }: Given, { stdout, stderr }: Terminal): Promise<number> {
  let count = 0
  for await (const rows of pagesOf(parked)) {
    count += rows.length
    for (const row of rows)
      stdout.write(json === true ? `${JSON.stringify(row)}\n` : `${row.id}  ${isoTime(row.putAt)}  ${row.reason}\n`)
  }
  stderr.write(`parked: ${count} ${count === 1 ? 'row' : 'rows'}\n`)
  return count === 0 ? exit.ok : exit.found
}

const isoTime = (ms: number): string => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms))

async function* pagesOf(parked: ParkedOutbox): AsyncGenerator<readonly ParkedRow[], void, undefined> {
  for (let after: string | null = null; ;) {
    const page: ParkedPage = await parked.list({ after, limit: pageRows })
    yield page.rows
    if (page.next === null) return
    after = page.next
  }
}

async function* allOf(parked: ParkedOutbox): AsyncGenerator<readonly MessageId[], void, undefined> {
  for await (const rows of pagesOf(parked)) yield rows.map(({ id }) => id)
}

function* inParts(ids: readonly MessageId[]): Generator<readonly MessageId[], void, undefined> {
  for (let at = 0; at < ids.length; at += pageRows) yield ids.slice(at, at + pageRows)
}

/** @throws UsageError */
function named(given: string | undefined): readonly MessageId[] | 'all' | null {
  if (given === undefined || given === 'all') return given ?? null
  const ids = given.split(',').map((id) => id.trim())
  if (ids.every((id) => /^[!-~]{1,64}$/.test(id))) return ids
  throw new UsageError("--retry and --drop take 'all', or the ids of parked rows, separated by commas")
}

async function withOutbox<T>(given: Given, terminal: Terminal, work: (parked: ParkedOutbox) => Promise<T>): Promise<T> {
  // Reports what is wrong with the address of chat's database, where it is also the app's.
  if (given['app-database'] === undefined) storageOptions(given, terminal, false)
  const app = appDatabase(given, terminal)
  if (app === null) throw new UsageError("say where the app's outbox stands: --app-database URL")
  if (app.type === 'better-sqlite3' && !existsSync(app.database))
    throw new UsageError(`there is no file ${app.database}`)
  const host = new DataSource({ ...app, entities: [], synchronize: false, logging: false } as DataSourceOptions)
  await host.initialize()
  try {
    const tablePrefix = given['table-prefix'] ?? 'im_'
    const outbox = new TypeOrmOutbox(() => host, { tablePrefix, createTable: false })
    await outbox.start()
    try {
      return await work(outbox.parked)
    } finally {
      await outbox.stop()
    }
  } finally {
    await host.destroy()
  }
}
