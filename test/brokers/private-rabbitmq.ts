// A RabbitMQ server of the test's own, which the test may stop, kill and starve. Where the program is not installed, the
// tests are skipped by name; where CI is set, they fail.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connect } from 'amqplib'
import { describe, it, vi } from 'vitest'
import { freePort } from '../support/free-port.js'

const programs = '/usr/lib/rabbitmq/bin'
const isThere = existsSync(join(programs, 'rabbitmq-server'))
if (!isThere && process.env['CI']) throw new Error('rabbitmq-server is not installed')

/** Like `describe`, where RabbitMQ is installed. */
export function describeOnPrivateRabbitMq(name: string, cases: () => void): void {
  if (isThere) describe(name, cases)
  else describe.skip(`${name} (rabbitmq-server is not installed)`, () => it('is not shown', () => {}))
}

export class PrivateRabbitMq {
  readonly #folder = mkdtempSync(join(tmpdir(), 'rookery-rabbitmq-'))
  readonly #env: NodeJS.ProcessEnv
  #server: ChildProcess | null = null

  private constructor(
    readonly port: number,
    distPort: number,
    readonly node: string,
  ) {
    const files = {
      CONFIG_FILE: join(this.#folder, 'rabbitmq.conf'),
      ENABLED_PLUGINS_FILE: join(this.#folder, 'plugins'),
    }
    writeFileSync(files.CONFIG_FILE, `listeners.tcp.1 = 127.0.0.1:${port}\nlog.console.level = error\n`)
    writeFileSync(files.ENABLED_PLUGINS_FILE, '[].\n')
    this.#env = {
      ...process.env,
      ...Object.fromEntries(Object.entries(files).map(([name, path]) => [`RABBITMQ_${name}`, path])),
      RABBITMQ_NODENAME: node,
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_DIST_PORT: String(distPort),
      RABBITMQ_MNESIA_BASE: join(this.#folder, 'data'),
      RABBITMQ_LOG_BASE: join(this.#folder, 'log'),
    }
  }

  static async start(): Promise<PrivateRabbitMq> {
    const name = `rookery${randomBytes(4).toString('hex')}@localhost`
    const server = new PrivateRabbitMq(await freePort(), await freePort(), name)
    await server.start()
    return server
  }

  get url(): string {
    return `amqp://127.0.0.1:${this.port}`
  }

  /** Starts it, again with what it has stored. */
  async start(): Promise<void> {
    // A group of its own, so that all of its processes end with it.
    this.#server = spawn(join(programs, 'rabbitmq-server'), { env: this.#env, stdio: 'ignore', detached: true })
    await vi.waitFor(async () => (await connect(this.url)).close(), { timeout: 60_000, interval: 200 })
  }

  /** Ends it at once, without a word to anybody. */
  async kill(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server === null) return
    process.kill(-server.pid!, 'SIGKILL')
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
  }

  /** Raises or ends the alarm of memory. */
  async setAlarm(isOn: boolean): Promise<void> {
    const args = ['-n', this.node, 'set_vm_memory_high_watermark', isOn ? '0.000001' : '0.4']
    await promisify(execFile)(join(programs, 'rabbitmqctl'), args, { env: this.#env })
  }

  /** Cuts every connection of clients. */
  async cutConnections(): Promise<void> {
    const args = ['-n', this.node, 'close_all_connections', 'cut by the test']
    await promisify(execFile)(join(programs, 'rabbitmqctl'), args, { env: this.#env })
  }

  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
