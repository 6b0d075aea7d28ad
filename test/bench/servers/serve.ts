// The common part of every server under test: a process that reports `{ port }` and answers the benchmark's calls.
import { answerParent } from '../child-answers.js'

/** The settings of the connection that writes, read from that very connection. */
export interface Durability {
  /** For the report: `journal_mode=wal synchronous=2`. */
  readonly settings: string
  /** Settings weaker than "committed means on disk"; empty if there are none. */
  readonly weaker: readonly string[]
}

/** What a server reports when it listens. */
export interface Serving {
  readonly port: number
}

/** Calls that only a storing server can answer. */
export interface Storing {
  durability(): Promise<Durability> | Durability
  /** The number of messages in the database for these recipients. */
  stored(recipients: readonly string[]): Promise<number>
}

/** The folder for this server's database files; the benchmark removes it. */
export const databaseFolder = (): string => {
  const folder = process.env['BENCH_FOLDER']
  if (folder === undefined) throw new Error('BENCH_FOLDER is not given')
  return folder
}

/** The address of this server's database; the benchmark creates and drops it. */
export const databaseUrl = (): string => {
  const url = process.env['BENCH_DATABASE_URL']
  if (url === undefined) throw new Error('BENCH_DATABASE_URL is not given')
  return url
}

/** Reports to the benchmark. @param storing null for a server that stores nothing */
export function serve(port: number, storing: Storing | null): void {
  const serving: Serving = { port }
  answerParent(serving, {
    durability: () => storing?.durability() ?? null,
    stored: (recipients: readonly string[]) => storing?.stored(recipients) ?? null,
  })
}

/**
 * Judges the settings of an SQLite connection. @param synchronous the value of `PRAGMA synchronous`: 2 is FULL, 3 EXTRA
 */
export function judgeSqlite(journalMode: string, synchronous: number): Durability {
  const weaker: string[] = []
  if (synchronous !== 2 && synchronous !== 3) {
    weaker.push(`synchronous is ${synchronous}: a commit may be lost when the power fails`)
  }
  if (!['wal', 'delete', 'truncate', 'persist'].includes(journalMode)) weaker.push(`journal_mode is ${journalMode}`)
  return { settings: `journal_mode=${journalMode} synchronous=${synchronous}`, weaker }
}
