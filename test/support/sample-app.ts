// The built sample app in its own process. A test can start it, kill it, and start it again on the same data.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.js'

const mainFile = fileURLToPath(
  new URL(
    import.meta.url.includes('/dist/') ? '../../../sample-app/dist/main.js' : '../../sample-app/dist/main.js',
    import.meta.url,
  ),
)

/** How long a start may take on a busy machine. */
const startMsMax = 30_000

export class SampleApp {
  private child: ChildProcess | null = null
  private output = ''

  private constructor(
    readonly port: number,
    private readonly dir: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Starts the app on a free port, with its data in its own folder unless `DATABASE_URL` says otherwise. */
  static async start(env: NodeJS.ProcessEnv = {}): Promise<SampleApp> {
    const app = new SampleApp(await freePort(), mkdtempSync(join(tmpdir(), 'rookery-app-')), env)
    await app.start()
    return app
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Its output so far. */
  get printed(): string {
    return this.output
  }

  /** Starts it again on the same data; resolves once it is healthy. */
  async start(): Promise<void> {
    const env = {
      ...process.env,
      DATABASE_URL: `sqlite:${join(this.dir, 'app.sqlite')}`,
      ...this.env,
      PORT: String(this.port),
    }
    const child = spawn(process.execPath, [mainFile], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.child = child
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()))
    const untilMs = Date.now() + startMsMax
    while (!(await this.isHealthy())) {
      if (child.exitCode !== null) throw new Error(`the app ended with ${child.exitCode}:\n${this.output}`)
      if (Date.now() > untilMs) throw new Error(`the app does not become healthy:\n${this.output}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** Ends it with a signal; resolves with its exit code, null if the signal itself ended it. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const { child } = this
    if (child === null) return null
    this.child = null
    const ended = once(child, 'exit')
    child.kill(signal)
    const [code] = (await ended) as [number | null]
    return code
  }

  /** Sends it a signal that does not end it, such as SIGSTOP. */
  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal)
  }

  /** Ends it and removes its data. */
  async dispose(): Promise<void> {
    await this.kill()
    rmSync(this.dir, { recursive: true, force: true })
  }

  /** Sends a request to its HTTP interface. */
  async http(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: any }> {
    const init = { method, headers: { 'content-type': 'application/json', ...headers } }
    const answer = await fetch(this.url + path, body === undefined ? init : { ...init, body: JSON.stringify(body) })
    const text = await answer.text()
    try {
      return { status: answer.status, body: JSON.parse(text) }
    } catch {
      return { status: answer.status, body: text }
    }
  }

  /** Registers a user; resolves with the token. */
  async register(username: string): Promise<string> {
    const { status, body } = await this.http('POST', '/auth/register', { username, password: 'secret-pw-1' })
    if (status >= 300) throw new Error(`register: ${JSON.stringify(body)}`)
    return body.token as string
  }

  private async isHealthy(): Promise<boolean> {
    try {
      return (await this.http('GET', '/health')).status === 200
    } catch {
      return false
    }
  }
}
