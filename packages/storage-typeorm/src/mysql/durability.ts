// Whether the server keeps what it acknowledged when it crashes or the power fails, and whether it supports what we
// need.
import type { Link } from './link.js'

interface ServerFacts {
  readonly warnings: readonly string[]
  /** The largest packet that the server takes, in bytes. */
  readonly packetBytes: number
}

interface Oldest {
  readonly name: string
  readonly version: readonly [major: number, minor: number]
}

const oldestOf = (version: string): Oldest =>
  /mariadb/i.test(version) ? { name: 'MariaDB', version: [10, 6] } : { name: 'MySQL', version: [8, 0] }

const packetBytesMin = 1 << 20

/**
 * Settings weaker than the promises need, each with its remedy in one line.
 * @throws Error of one line where the server is too old or its settings cannot work
 */
export async function readServer(link: Link, timeoutMs: number): Promise<ServerFacts> {
  const names = [
    'innodb_flush_log_at_trx_commit',
    'sync_binlog',
    'log_bin',
    'binlog_format',
    'innodb_doublewrite',
    'max_allowed_packet',
    'version',
  ]
  const [rows] = await link.ask(
    [`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names.map((name) => `'${name}'`).join(', ')})`],
    timeoutMs,
  )
  const found = new Map((rows ?? []).map(([name, value]) => [String(name).toLowerCase(), String(value)]))
  const version = found.get('version') ?? ''
  const oldest = oldestOf(version)
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  if (major < oldest.version[0] || (major === oldest.version[0] && minor < oldest.version[1])) {
    throw new Error(`${oldest.name} is of version ${major}.${minor}; ${oldest.version.join('.')} or newer is needed`)
  }
  const hasBinlog = found.get('log_bin') === 'ON'
  if (hasBinlog && found.get('binlog_format') === 'STATEMENT') {
    throw new Error(
      `${oldest.name} runs with binlog_format=STATEMENT, under which READ COMMITTED cannot write; set binlog_format = ROW`,
    )
  }
  const packetBytes = Number(found.get('max_allowed_packet'))
  if (packetBytes < packetBytesMin) {
    throw new Error(`${oldest.name} runs with max_allowed_packet=${packetBytes}; set max_allowed_packet = 16M or more`)
  }
  const warnings: string[] = []
  const flush = found.get('innodb_flush_log_at_trx_commit')
  // MariaDB also has 3, which flushes at least as often as 1.
  if (flush !== '1' && flush !== '3') {
    warnings.push(
      `${oldest.name} runs with innodb_flush_log_at_trx_commit=${flush}: a crash loses acknowledged messages; set innodb_flush_log_at_trx_commit = 1`,
    )
  }
  if (hasBinlog && found.get('sync_binlog') !== '1') {
    warnings.push(
      `${oldest.name} runs with sync_binlog=${found.get('sync_binlog')}: a crash of the system may lose acknowledged messages, and sets replicas apart; set sync_binlog = 1`,
    )
  }
  if (found.get('innodb_doublewrite') === 'OFF') {
    warnings.push(
      `${oldest.name} runs with innodb_doublewrite=OFF: a crash of the system may ruin the database; set innodb_doublewrite = ON`,
    )
  }
  return { warnings, packetBytes }
}
