// Each dialect of this machine, on databases that go away.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StorageOp } from '@rookery/core'
import * as mysql from './mysql.js'
import * as postgres from './postgres.js'
import { TypeOrmStorage } from '../src/typeorm-storage.js'

/** A database of its own. */
export interface Place {
  /** Another node on it. */
  readonly open: () => TypeOrmStorage
  /** Once there are tables: `refused` is refused from then on. */
  readonly prepare: () => Promise<unknown>
  /** An operation that the database refuses. */
  readonly refused: StorageOp
  readonly drop: () => Promise<void>
}

export interface Dialect {
  readonly name: string
  /** Whether a server answers. */
  readonly isThere: boolean
  readonly make: () => Promise<Place>
}

const poison: StorageOp = { op: 'custom', userId: 'ann', topic: 'poison', payload: '1', at: 13 }

/** What takes long on a busy machine is no difference. */
const patience = { connectTimeoutMs: 60_000, callTimeoutMs: 60_000 }

const sqlite: Dialect = {
  name: 'SQLite',
  isThere: true,
  make: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rookery-sqlite-'))
    const database = join(folder, 'app.im.sqlite')
    return {
      open: () => new TypeOrmStorage({ type: 'better-sqlite3', database, worker: false, synchronous: 'off' }),
      prepare: async () => {},
      // It takes no fraction of a millisecond.
      refused: { op: 'custom', userId: 'ann', topic: 't', payload: '1', at: 0.5 },
      drop: async () => rmSync(folder, { recursive: true, force: true }),
    }
  },
}

const onPostgres: Dialect = {
  name: 'PostgreSQL',
  isThere: postgres.isPostgresThere,
  make: async () => {
    const database = await postgres.freshDatabase()
    const { where } = database
    // What a commit survives is shown elsewhere: here the disk need not be waited for.
    await postgres.ask(where, `ALTER DATABASE ${where.database} SET synchronous_commit = off`)
    return {
      open: () => new TypeOrmStorage({ type: 'postgres', ...where, ...patience }),
      prepare: () =>
        postgres.ask(where, `ALTER TABLE im_inbox ADD CONSTRAINT no_poison CHECK (body NOT LIKE '%poison%')`),
      refused: poison,
      drop: () => database.drop(),
    }
  },
}

const onMysql: Dialect = {
  name: 'MySQL',
  isThere: mysql.isMysqlThere,
  make: async () => {
    const database = await mysql.freshDatabase()
    const { where } = database
    return {
      open: () => new TypeOrmStorage({ type: 'mysql', ...where, ...patience, readers: 1 }),
      prepare: () =>
        mysql.ask(
          where,
          `CREATE TRIGGER refuse BEFORE INSERT ON im_inbox FOR EACH ROW
            IF NEW.at = 13 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not here'; END IF`,
        ),
      refused: poison,
      drop: () => database.drop(),
    }
  },
}

export const dialects = { sqlite, postgres: onPostgres, mysql: onMysql } as const
