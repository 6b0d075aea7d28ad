// Whether the server keeps what it acknowledged when it crashes or the power fails.
import type { Link } from './link.js'

const oldestMajor = 15

interface Setting {
  readonly name: string
  readonly setting: string
}

/**
 * Settings weaker than the promises need, each with its remedy in one line.
 * @throws Error of one line where the server is too old or its encoding cannot keep every text
 */
export async function readDurability(link: Link, timeoutMs: number): Promise<readonly string[]> {
  const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'server_version_num', 'server_encoding']
  const shown = 'SELECT name, setting FROM pg_settings WHERE name = ANY ($1)'
  const rows = (await link.query(shown, [names], timeoutMs)) as Setting[]
  const found = new Map(rows.map(({ name, setting }) => [name, setting]))
  const version = Number(found.get('server_version_num'))
  if (version < oldestMajor * 10_000) {
    throw new Error(`PostgreSQL is of version ${Math.floor(version / 10_000)}; ${oldestMajor} or newer is needed`)
  }
  if (found.get('server_encoding') !== 'UTF8') {
    throw new Error(`the database's encoding is ${found.get('server_encoding')}; make it with ENCODING 'UTF8'`)
  }
  const warnings: string[] = []
  if (found.get('fsync') === 'off') {
    warnings.push(
      'PostgreSQL runs with fsync=off: a crash of the system loses acknowledged messages and may ruin the database; set fsync = on in postgresql.conf',
    )
  }
  if (found.get('synchronous_commit') === 'off') {
    warnings.push(
      'PostgreSQL runs with synchronous_commit=off: a crash loses acknowledged messages; set synchronous_commit = on for this role and database',
    )
  }
  if (found.get('full_page_writes') === 'off') {
    warnings.push(
      'PostgreSQL runs with full_page_writes=off: a crash of the system may ruin the database; set full_page_writes = on in postgresql.conf',
    )
  }
  return warnings
}
