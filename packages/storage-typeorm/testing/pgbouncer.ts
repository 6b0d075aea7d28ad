// A PgBouncer for one test in front of a server, where it is installed.
import { execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort } from './free-port.js'
import { connect, type Where } from './postgres.js'

const program = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer'].find((path) =>
  existsSync(path),
)

export const isPgbouncerThere = program !== undefined

/** PgBouncer refuses to run as root. */
function identity(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** Answers the database's address behind PgBouncer, which stops at the end of the test. */
export async function pgbouncer(where: Where, mode: string, settings: readonly string[] = []): Promise<Where> {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-pgbouncer-'))
  const as = identity()
  if (as.uid !== undefined && as.gid !== undefined) chownSync(folder, as.uid, as.gid)
  const port = await freePort()
  const { host, port: serverPort, username } = where
  writeFileSync(
    join(folder, 'ini'),
    `[databases]
* = host=${host} port=${serverPort} user=${username}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
${settings.join('\n')}
`,
  )
  const child = spawn(program!, [join(folder, 'ini')], { ...as, cwd: folder, stdio: 'ignore' })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await gone
    rmSync(folder, { recursive: true, force: true })
  })
  const there = { ...where, host: '127.0.0.1', port }
  for (;;) {
    const client = await connect(there).catch(() => null)
    if (client === null) await new Promise((resolve) => setTimeout(resolve, 20))
    else {
      await client.end()
      return there
    }
  }
}
