// Each dialect on this machine, on databases that are removed afterwards.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StorageOp } from '@rookery/core'
import * as mysql from './mysql.js'
import * as postgres from './postgres.js'
import { TypeOrmStorage } from '../src/typeorm-storage.js'

/** A database for one test. */
export interface Place {
  /** Another node on the same database. */
  readonly open: () => TypeOrmStorage
  /** Called once the tables exist. From then on the database refuses `refused`. */
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

/** Slowness of a busy machine must not count as a difference. */
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
      // The option takes whole milliseconds only.
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
    // Other tests show what a commit survives, so these need not wait for the disk.
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
