// A MariaDB server for one test, which the test may stop, pause and start again. Its folder is removed afterwards.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, it, onTestFinished } from 'vitest'
import { freePort } from './free-port.js'
import { connect, type Where } from './mysql.js'

interface Programs {
  readonly install: string
  readonly server: string
}

/** The server's programs: in the folders of `MARIADB_BIN`, or in the usual places. */
function findPrograms(): Programs | null {
  const { MARIADB_BIN, PATH = '' } = process.env
  const folders = (MARIADB_BIN ?? [PATH, '/usr/sbin', '/usr/local/sbin'].join(delimiter)).split(delimiter)
  const [install, server] = ['mariadb-install-db', 'mariadbd'].map((name) =>
    folders.map((folder) => join(folder, name)).find((path) => existsSync(path)),
  )
  return install === undefined || server === undefined ? null : { install, server }
}

const programs = findPrograms()
if (programs === null && process.env['CI']) {
  throw new Error('no programs of MariaDB: set MARIADB_BIN to the folders of mariadbd and mariadb-install-db')
}

/** Like `describe`, where a server can be started. */
export function describeWithMysql(name: string, cases: () => void): void {
  if (programs !== null) describe(name, cases)
  else describe.skip(`${name} (no programs of MariaDB)`, () => it('is not shown', () => {}))
}

/** The server refuses to run as root: it runs as `mysql` then. */
function identity(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'mysql'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** Where data and temporary files are. A server removes the temporary files that it finds when it starts. */
const placesIn = (folder: string): string[] => [`--datadir=${join(folder, 'data')}`, `--tmpdir=${folder}`]

export class PrivateMysql {
  #process: ChildProcess | null = null
  #ended: Promise<unknown> = Promise.resolve()

  private constructor(
    private readonly folder: string,
    /** Its database `test` is there. */
    readonly where: Where & { readonly host: string; readonly port: number; readonly database: string },
  ) {}

  /**
   * Makes and starts the server, with options of `mariadbd`'s command line and otherwise its defaults. It is removed at
   * the end of the test, at the latest.
   */
  static async start(options: readonly string[] = []): Promise<PrivateMysql> {
    const folder = mkdtempSync(join(tmpdir(), 'rookery-mysql-'))
    const as = identity()
    if (as.uid !== undefined && as.gid !== undefined) chownSync(folder, as.uid, as.gid)
    execFileSync(
      programs!.install,
      ['--no-defaults', ...placesIn(folder), '--auth-root-authentication-method=normal', '--skip-test-db'],
      { ...as, cwd: folder, stdio: 'pipe' },
    )
    const where = { host: '127.0.0.1', port: await freePort(), username: 'root', database: 'test' }
    const server = new PrivateMysql(folder, where)
    onTestFinished(() => server.remove())
    await server.start(options)
    const { database: _, ...anywhere } = where
    const connection = await connect(anywhere)
    await connection.query('CREATE DATABASE test')
    await connection.end()
    return server
  }

  async start(options: readonly string[] = []): Promise<void> {
    const { folder, where } = this
    const child = spawn(
      programs!.server,
      [
        '--no-defaults',
        '--skip-name-resolve',
        '--bind-address=127.0.0.1',
        ...placesIn(folder),
        `--port=${where.port}`,
        `--socket=${join(folder, 'socket')}`,
        `--pid-file=${join(folder, 'pid')}`,
        '--innodb-buffer-pool-size=64M',
        ...options,
      ],
      { ...identity(), cwd: folder, stdio: 'ignore' },
    )
    this.#process = child
    let hasEnded = false
    this.#ended = new Promise((resolve) => child.once('exit', resolve)).then(() => (hasEnded = true))
    const { database: _, ...anywhere } = where
    for (;;) {
      const connection = await connect(anywhere).catch(() => null)
      if (connection) return connection.end()
      if (hasEnded) throw new Error('the server did not start')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** Copies everything in its database `test` into that of another server. */
  copyTo(other: PrivateMysql): void {
    const at = ({ where }: PrivateMysql): string[] => ['-h', where.host, '-P', String(where.port), '-u', 'root']
    const dump = execFileSync('mariadb-dump', ['--no-defaults', ...at(this), '--single-transaction', 'test'])
    execFileSync('mariadb', ['--no-defaults', ...at(other), 'test'], { input: dump })
  }

  /** Kills the server at once, as a crash does. */
  async crash(): Promise<void> {
    this.#process?.kill('SIGKILL')
    await this.#ended
  }

  /** Pauses the server. */
  pause(): void {
    this.#process?.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  /** Removes it. */
  async remove(): Promise<void> {
    await this.crash()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
