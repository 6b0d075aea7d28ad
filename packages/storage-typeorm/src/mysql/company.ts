// Whether other processes work on the tables. Named locks of a session say so: one for who is alone, and one that the first
// of those who work together holds for all of them. They end with their connection.
import { createHash } from 'node:crypto'
import type { Company } from '@rookery/core'
import type { Driver } from './driver.js'
import { Link, type LinkConfig } from './link.js'

/** The connection that holds the lock, or null where another process does not fit. */
export async function lockFor(
  driver: Driver,
  config: LinkConfig,
  meta: string,
  company: Company,
  timeoutMs: number,
): Promise<Link | null> {
  const other: Company = company === 'alone' ? 'together' : 'alone'
  // The server closes a connection that is idle for longer than its longest time: a year.
  const link = await Link.open(driver, {
    ...config,
    session: [...config.session, 'SET SESSION wait_timeout = 31536000'],
  })
  try {
    const [named] = await link.ask([`SELECT DATABASE()`], timeoutMs)
    // A name belongs to the whole server, and has 64 characters at most.
    const table = createHash('sha1')
      .update(`${String(named?.[0]?.[0])}.${meta}`)
      .digest('hex')
    const name = (which: Company): string => driver.escape(`rookery.${which}.${table}`)
    const [, [free] = []] = await link.ask(
      [
        `DO GET_LOCK(${name(company)}, 0)`,
        `SELECT IS_FREE_LOCK(${name(other)}), IS_USED_LOCK(${name(company)}) = CONNECTION_ID()`,
      ],
      timeoutMs,
    )
    const [isOtherFree, isOurs] = (free ?? []).map(Number)
    if (isOtherFree === 1 && (isOurs === 1 || company === 'together')) return link
  } catch (error) {
    await link.close()
    throw error
  }
  await link.close()
  return null
}
