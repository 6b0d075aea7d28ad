// A NATS server of the test's own, with JetStream, on a free port and in a folder of its own. Where the program
// nats-server is not installed, the tests are skipped by name; where CI is set, they fail.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { describe, it, onTestFinished, vi } from 'vitest'

const isThere = spawnSync('nats-server', ['--version']).status === 0
if (!isThere && process.env['CI']) throw new Error('nats-server is not installed')

/** Like `describe`, where nats-server is installed. */
export function describeOnNats(name: string, cases: () => void): void {
  if (isThere) describe(name, cases)
  else describe.skip(`${name} (nats-server is not installed)`, () => it('is not shown', () => {}))
}

export interface NatsServer {
  readonly url: string
  /** Ends it at once. */
  kill(): Promise<void>
  /** Starts it again on the same port, with what it has stored. */
  restart(): Promise<void>
}

/** Runs until the end of the test. */
export async function startNats(): Promise<NatsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-nats-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const run = async (port: string) => {
    const args = ['-a', '127.0.0.1', '-p', port, '-js', '-sd', join(folder, 'store'), '--ports_file_dir', folder]
    const server = spawn('nats-server', args, { stdio: 'ignore' })
    const file = join(folder, `nats-server_${server.pid}.ports`)
    await vi.waitFor(() => {
      if (!existsSync(file) || readFileSync(file, 'utf8') === '') throw new Error(`no ${file}`)
    }, 10_000)
    const { nats } = JSON.parse(readFileSync(file, 'utf8')) as { nats: readonly string[] }
    return { server, url: nats[0]! }
  }
  let running = await run('-1')
  const { url } = running
  const kill = async (): Promise<void> => {
    const { server } = running
    if (server.exitCode !== null || server.signalCode !== null) return
    server.kill('SIGKILL')
    await once(server, 'exit')
  }
  onTestFinished(kill)
  return { url, kill, restart: async () => void (running = await run(new URL(url).port)) }
}
