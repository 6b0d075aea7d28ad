// Brings the tables up to date, for every dialect: with TypeORM's migrations, on our own DataSource. That has no
// entities, does not synchronize and has its own table of migrations. If many nodes start at once, one of them migrates
// under a lock of the server, and the others wait. Nodes that already serve go on: if somebody holds a table that a
// migration needs, the migration asks for it again and again, and lets others use the table in between.
import type { MigrationInterface } from 'typeorm'
import { patiently, type Attempt, type Patience } from './patience.js'
import { silentLogger } from './silent-logger.js'

export type Migration = new () => MigrationInterface

/** How one dialect migrates on a server. */
interface Migrator {
  /**
   * The migrations that the database lacks.
   * @throws Error of one line if the tables there are not ours or not complete
   */
  missing(): Promise<readonly string[]>
  /** Takes the lock under which one node migrates; answers false while another node has it. */
  tryLock(): Promise<boolean>
  unlock(): Promise<unknown>
  run(missing: readonly string[], patience: Patience): Promise<void>
}

interface Settings {
  readonly migrations: 'run' | 'check'
  readonly migrationTimeoutMs: number
}

/** The pause between two attempts to take the lock that another node has, ms. */
const nodeRestMs = 200

/** How long a migration leaves a table to others before it asks for it again, ms. */
const tableRestMs = 1500

/**
 * Runs the missing migrations, or refuses if the options say `check`.
 * @throws Error of one line
 */
export async function bringUpToDate(
  { migrations, migrationTimeoutMs }: Settings,
  migrator: Migrator,
  tell: (line: string) => void,
): Promise<void> {
  const missing = await migrator.missing()
  if (missing.length === 0) return
  if (migrations === 'check') throw lacks('the database', missing)
  const patience = { untilMs: performance.now() + migrationTimeoutMs, tell }
  await patiently(patience, {
    waitsFor: "another node's migrations",
    remedy: 'look at its log',
    restMs: nodeRestMs,
    run: () => migrator.tryLock(),
    isInTheWay: () => false,
  })
  try {
    const still = await migrator.missing()
    if (still.length > 0) await migrator.run(still, patience)
  } finally {
    await migrator.unlock()
  }
}

/**
 * Runs migrations that need tables which somebody may hold.
 * @param isInTheWay whether an error means that somebody holds one
 */
export const onceTablesAreFree = (
  patience: Patience,
  run: () => Promise<unknown>,
  isInTheWay: Attempt['isInTheWay'],
): Promise<void> =>
  patiently(patience, {
    waitsFor: 'a table that somebody else holds',
    remedy: 'let the backup or the long transaction end, and start again',
    restMs: tableRestMs,
    async run() {
      await run()
      return true
    },
    isInTheWay,
  })

export const lacks = (where: string, missing: readonly string[]): Error =>
  new Error(`${where} lacks ${missing.join(', ')}; start once with migrations: 'run'`)

export const namesOf = (migrations: readonly Migration[]): readonly string[] =>
  migrations.map((migration) => new migration().name ?? migration.name)

/** The options of every DataSource of ours, in every dialect. */
export const sourceOptions = (migrations: readonly Migration[], table: string) => ({
  entities: [],
  migrations: [...migrations],
  migrationsTableName: table,
  synchronize: false,
  logger: silentLogger,
})
