// The common shape of every server under test: a process that says `{ port }` and answers what the benchmark asks.
import { answerParent } from '../child-answers.js'

/** How the connection that writes is set, read from that very connection. */
export interface Durability {
  /** For the report: `journal_mode=wal synchronous=2`. */
  readonly settings: string
  /** What is weaker than "committed means on disk"; empty when nothing is. */
  readonly weaker: readonly string[]
}

/** What a server says when it listens. */
export interface Serving {
  readonly port: number
}

/** What only a server that stores can answer. */
export interface Storing {
  durability(): Promise<Durability> | Durability
  /** How many messages stand in the database for these recipients. */
  stored(recipients: readonly string[]): Promise<number>
}

/** The folder for this server's database files; removed by the benchmark. */
export const databaseFolder = (): string => {
  const folder = process.env['BENCH_FOLDER']
  if (folder === undefined) throw new Error('BENCH_FOLDER is not given')
  return folder
}

/** The address of this server's database; made and removed by the benchmark. */
export const databaseUrl = (): string => {
  const url = process.env['BENCH_DATABASE_URL']
  if (url === undefined) throw new Error('BENCH_DATABASE_URL is not given')
  return url
}

/** Reports to the benchmark. @param storing null for a server that stores nothing. */
export function serve(port: number, storing: Storing | null): void {
  const serving: Serving = { port }
  answerParent(serving, {
    durability: () => storing?.durability() ?? null,
    stored: (recipients: readonly string[]) => storing?.stored(recipients) ?? null,
  })
}

/** Judges what SQLite says of a connection. @param synchronous as `PRAGMA synchronous` gives it: 2 is FULL, 3 EXTRA. */
export function judgeSqlite(journalMode: string, synchronous: number): Durability {
  const weaker: string[] = []
  if (synchronous !== 2 && synchronous !== 3) {
    weaker.push(`synchronous is ${synchronous}: a commit may be lost when the power fails`)
  }
  if (!['wal', 'delete', 'truncate', 'persist'].includes(journalMode)) weaker.push(`journal_mode is ${journalMode}`)
  return { settings: `journal_mode=${journalMode} synchronous=${synchronous}`, weaker }
}
