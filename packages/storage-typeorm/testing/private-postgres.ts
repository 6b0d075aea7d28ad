// A PostgreSQL server for one test, which the test may stop, pause and start again. Its folder is removed afterwards.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { freePort } from './free-port.js'
import { connect, type Where } from './postgres.js'

/** Where the server's programs are: `PG_BIN`, or the newest version of a usual place. */
function findPrograms(): string | null {
  const given = process.env['PG_BIN']
  if (given !== undefined) return given
  const root = '/usr/lib/postgresql'
  if (!existsSync(root)) return null
  const [newest] = readdirSync(root)
    .filter((version) => existsSync(join(root, version, 'bin', 'initdb')))
    .toSorted((a, b) => Number(b) - Number(a))
  return newest === undefined ? null : join(root, newest, 'bin')
}

const programs = findPrograms()
if (programs === null && process.env['CI']) throw new Error('no programs of PostgreSQL: set PG_BIN to their folder')

/** Like `describe`, where a server can be started. */
export function describeWithServer(name: string, cases: () => void): void {
  if (programs !== null) describe(name, cases)
  else describe.skip(`${name} (no programs of PostgreSQL)`, () => it('is not shown', () => {}))
}

/** The server refuses to run as root: it runs as `postgres` then. */
function identity(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

export class PrivatePostgres {
  #process: ChildProcess | null = null
  #ended: Promise<unknown> = Promise.resolve()

  private constructor(
    private readonly folder: string,
    readonly where: Where & { readonly host: string; readonly port: number },
  ) {}

  /** Makes and starts the server, with settings of postgresql.conf. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<PrivatePostgres> {
    const folder = mkdtempSync(join(tmpdir(), 'rookery-postgres-'))
    const as = identity()
    if (as.uid !== undefined && as.gid !== undefined) chownSync(folder, as.uid, as.gid)
    const run = { ...as, cwd: folder, stdio: 'pipe' } as const
    execFileSync(
      join(programs as string, 'initdb'),
      ['-D', join(folder, 'data'), '-U', 'rookery', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
      run,
    )
    const where = { host: '127.0.0.1', port: await freePort(), username: 'rookery', database: 'postgres' }
    const server = new PrivatePostgres(folder, where)
    await server.start(settings)
    return server
  }

  /** Makes a standby of this server. */
  async standby(): Promise<PrivatePostgres> {
    const folder = mkdtempSync(join(tmpdir(), 'rookery-postgres-'))
    const as = identity()
    if (as.uid !== undefined && as.gid !== undefined) chownSync(folder, as.uid, as.gid)
    const { host, port, username } = this.where
    const source = ['-h', host, '-p', String(port), '-U', username ?? '']
    const args = [...source, '-D', join(folder, 'data'), '-R', '-X', 'stream', '-c', 'fast', '--no-sync']
    execFileSync(join(programs as string, 'pg_basebackup'), args, { ...as, cwd: folder, stdio: 'pipe' })
    const standby = new PrivatePostgres(folder, { ...this.where, port: await freePort() })
    await standby.start()
    return standby
  }

  async start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const options = Object.entries({ ...settings, listen_addresses: '127.0.0.1', unix_socket_directories: '' })
    const child = spawn(
      join(programs as string, 'postgres'),
      [
        '-D',
        join(this.folder, 'data'),
        '-p',
        String(this.where.port),
        ...options.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      { ...identity(), cwd: this.folder, stdio: 'ignore' },
    )
    this.#process = child
    let hasEnded = false
    this.#ended = new Promise((resolve) => child.once('exit', resolve)).then(() => (hasEnded = true))
    for (;;) {
      const client = await connect(this.where).catch(() => null)
      if (client) return client.end()
      if (hasEnded) throw new Error('the server did not start')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** Kills the server at once, as a crash does. */
  async crash(): Promise<void> {
    this.#process?.kill('SIGQUIT')
    await this.#ended
  }

  /** Pauses all of its processes. */
  pause(): void {
    for (const pid of this.#pids()) process.kill(pid, 'SIGSTOP')
  }

  resume(): void {
    for (const pid of this.#pids()) process.kill(pid, 'SIGCONT')
  }

  #pids(): number[] {
    const parent = this.#process?.pid
    if (parent === undefined) return []
    const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(parent)], { encoding: 'utf8' })
    return [parent, ...children.trim().split(/\s+/).map(Number)]
  }

  /** Removes it. */
  async remove(): Promise<void> {
    if (this.#process?.exitCode === null) this.resume()
    await this.crash()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
