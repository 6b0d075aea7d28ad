// Whether other processes work on the file. A small file beside it is locked for that: by all who work together, or by one
// who is alone. The lock dies with its process.
import type { Company } from '@rookery/core'
import { loadDriver, type SqliteDatabase } from './driver.js'
import { busy, faultOf } from './faults.js'
import type { SqliteSettings } from './options.js'

/** The name of calls to a thread that ask for this. */
export const companyCall = 'company'

/** The locked file, or null where another process does not fit. */
export function lockFor({ driverPath, database }: SqliteSettings, company: Company): SqliteDatabase | null {
  const driver = loadDriver(driverPath)
  const db = new driver(`${database}-processes`, { timeout: 0 })
  try {
    // A shared lock is taken by the first read.
    db.exec(company === 'alone' ? 'BEGIN EXCLUSIVE' : 'BEGIN; SELECT count(*) FROM sqlite_schema')
    return db
  } catch (error) {
    db.close()
    if (faultOf(error) === busy) return null
    throw error
  }
}

/** A driver may keep the file open until its statements are collected, so the lock ends first. */
export function release(db: SqliteDatabase): void {
  db.exec('ROLLBACK')
  db.close()
}
