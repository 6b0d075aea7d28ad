// Redis servers for one test, which the test may stop, pause and start again: single ones, replicas, Sentinels and
// Clusters. Their folders are removed afterwards.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { describe, it } from 'vitest'
import { connect } from './redis.js'

const isThere = spawnSync('redis-server', ['--version']).status === 0
if (!isThere && process.env['CI']) throw new Error('no program redis-server')

/** Like `describe`, where a server can be started. */
export function describeWithServers(name: string, cases: () => void): void {
  if (isThere) describe(name, cases)
  else describe.skip(`${name} (no program redis-server)`, () => it('is not shown', () => {}))
}

/** A port that is free, and free 10,000 above: there a Cluster's nodes talk. */
async function freePort(): Promise<number> {
  const probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port < 55_000 ? port : freePort()
}

export class PrivateRedis {
  private process: ChildProcess | null = null
  private ended: Promise<unknown> = Promise.resolve()

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly settings: readonly string[],
    private readonly isSentinel: boolean,
  ) {}

  /** Makes and starts a server, with lines of redis.conf. */
  static async start(settings: readonly string[] = [], isSentinel = false): Promise<PrivateRedis> {
    const folder = mkdtempSync(join(tmpdir(), 'rookery-redis-'))
    const server = new PrivateRedis(folder, await freePort(), settings, isSentinel)
    await server.start()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  get address(): { readonly host: string; readonly port: number } {
    return { host: '127.0.0.1', port: this.port }
  }

  async start(): Promise<void> {
    const file = join(this.folder, 'redis.conf')
    const { port, folder, settings } = this
    const usual = this.isSentinel ? [] : ['save ""', 'repl-diskless-sync-delay 0']
    writeFileSync(file, [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, ...usual, ...settings].join('\n'))
    const child = spawn('redis-server', this.isSentinel ? [file, '--sentinel'] : [file], { stdio: 'ignore' })
    this.process = child
    let hasEnded = false
    this.ended = once(child, 'exit').then(() => (hasEnded = true))
    await until(async () => {
      if (hasEnded) throw new Error('redis-server did not start')
      return this.ask((client) => client.ping()).then(
        () => true,
        () => false,
      )
    })
  }

  /** Runs commands without our code. */
  async ask<T>(call: (client: Redis) => Promise<T>): Promise<T> {
    const client = await connect(this.url)
    try {
      return await call(client)
    } finally {
      client.disconnect()
    }
  }

  pause(): void {
    this.process?.kill('SIGSTOP')
  }

  resume(): void {
    this.process?.kill('SIGCONT')
  }

  /** Kills it at once; `start` starts it again, without what it held. */
  async kill(): Promise<void> {
    this.process?.kill('SIGKILL')
    await this.ended
  }

  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Waits for a condition; half a minute is for machines that are busy. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const began = performance.now(); performance.now() - began < 30_000;) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('it did not come to that')
}
