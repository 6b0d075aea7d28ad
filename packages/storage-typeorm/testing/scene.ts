// For this package's tests: temporary folders, messages, and separate processes.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { AppendOp, GroupChange, GroupOp } from '@rookery/core'
import { onTestFinished } from 'vitest'
import { checkSqliteOptions, type SqliteOptions, type SqliteSettings } from '../src/sqlite/options.js'
import type { SqliteDatabase, SqliteDriver } from '../src/sqlite/driver.js'
import { TypeOrmStorage } from '../src/typeorm-storage.js'

/** A folder for one test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'rookery-sqlite-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

export const chatFile = (): string => join(folder(), 'app.im.sqlite')

let tables: Promise<Buffer> | undefined

/**
 * A file with chat's tables, all empty. It saves a storage from making them, for which its thread would first load
 * TypeORM.
 */
export async function withTables(database: string): Promise<void> {
  writeFileSync(database, await (tables ??= makeTables()))
}

async function makeTables(): Promise<Buffer> {
  const path = mkdtempSync(join(tmpdir(), 'rookery-sqlite-'))
  try {
    const database = join(path, 'app.im.sqlite')
    const storage = new TypeOrmStorage({ type: 'better-sqlite3', driver: 'libsql', database, worker: false })
    await storage.start()
    await storage.stop()
    return readFileSync(database)
  } finally {
    rmSync(path, { recursive: true })
  }
}

export const settingsFor = (database: string, options: Partial<SqliteOptions> = {}): SqliteSettings =>
  checkSqliteOptions({ type: 'better-sqlite3', database, driver: 'libsql', ...options })

const libsql = createRequire(import.meta.url)('libsql') as SqliteDriver

/** Opens the file without our code. */
export function peek<T>(database: string, look: (db: SqliteDatabase) => T): T {
  const db = new libsql(database, { timeout: 5000 })
  onTestFinished(() => void db.close())
  return look(db)
}

/** A message from alice to bob under its own key. */
export function say(clientMsgId: string, message: Partial<AppendOp['message']> = {}): AppendOp {
  return {
    op: 'append',
    movesPosition: true,
    members: ['alice', 'bob'],
    message: {
      msgId: `id-${clientMsgId}`,
      clientMsgId,
      conversationId: 'alice-bob',
      kind: 'c2c',
      from: 'alice',
      to: 'bob',
      subject: '',
      type: 'text',
      content: '{"text":"hello"}',
      ext: null,
      replyTo: null,
      silent: false,
      mentions: null,
      viaServer: false,
      countable: true,
      clientTime: null,
      serverTime: 1_750_000_000_000,
      digest: 'digest',
      ...message,
    },
  }
}

/** A change of the group `group` by alice, under its own key. `version` null makes the group. */
export function changeGroup(clientMsgId: string, version: number | null, change: GroupChange): GroupOp {
  const { message } = say(clientMsgId, { conversationId: 'group', kind: 'c2g', to: null, type: 'im.group' })
  return { op: 'group', message: { ...message, countable: false }, version, members: [], change }
}

const built = new URL('../dist/index.js', import.meta.url)

/**
 * A program for a separate process, on the built code. It can use `TypeOrmStorage` and `say`, and finds its arguments
 * in `argv`.
 */
const program = (body: string): string[] => [
  '--input-type=module',
  '-e',
  `import { TypeOrmStorage } from ${JSON.stringify(built.href)}
  const argv = process.argv.slice(1)
  ${say.toString()}
  ${body}`,
]

const cwd = fileURLToPath(new URL('..', import.meta.url))

/** Runs the program to its end, and answers its output. */
export async function run(body: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [...program(body), ...args], { cwd })
  return stdout
}

/** Starts the program. It is killed at the end of the test. */
export function start(body: string, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [...program(body), ...args], { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}
