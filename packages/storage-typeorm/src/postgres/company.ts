// Whether other processes work on the tables. A lock of a session says so, shared by all who work together, or held by one
// who is alone. It ends with its connection.
import type { Company } from '@rookery/core'
import { type PgClientClass } from './driver.js'
import { Link, type LinkOptions } from './link.js'

/** So that the lock is none of the host's own: "rook" in ASCII. */
const ours = 0x726f6f6b

/** The connection that holds the lock, or null where another process does not fit. */
export async function lockFor(
  driver: PgClientClass,
  options: LinkOptions,
  meta: string,
  company: Company,
  timeoutMs: number,
): Promise<Link | null> {
  const link = await Link.open(driver, { ...options, session: `${options.session}; SET idle_session_timeout = 0` })
  try {
    const lock = company === 'alone' ? 'pg_try_advisory_lock' : 'pg_try_advisory_lock_shared'
    const [row] = await link.rows(`SELECT ${lock}(${ours}, '${meta}'::regclass::oid::int)`, [], timeoutMs)
    if (row?.[0] === true || row?.[0] === 't') return link
  } catch (error) {
    await link.close()
    throw error
  }
  await link.close()
  return null
}
