// One node of the cluster: a process of the app on a port of its own, started again when it ends by itself.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** How long a node that ended by itself rests before it is started again. */
const restMs = 1000

export class NodeProcess {
  /** The port on which the node takes connections; null while it takes none. */
  port: number | null = null
  /** The process that is to run; null while none is. */
  private child: ChildProcess | null = null

  /**
   * @param script the built app
   * @param say shows a line of the node
   */
  constructor(
    private readonly script: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly say: (line: string) => void,
  ) {}

  /**
   * Resolves when the node takes connections.
   * @throws Error if it ends before, with its last line
   */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [this.script], {
      env: { ...this.env, PORT: '0', NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child = child
    let lastLine = 'it printed nothing'
    const ended = once(child, 'exit').then(() => {
      this.port = null
      throw new Error(lastLine)
    })
    const listening = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr])
        createInterface({ input: stream }).on('line', (line) => {
          lastLine = line
          const port = /http:\/\/localhost:(\d+)$/.exec(line)?.[1]
          // What every node says about the app is said once, for all of them.
          if (port === undefined) return line.includes('log in as') ? undefined : this.say(line)
          this.port = Number(port)
          resolve()
        })
    })
    await Promise.race([listening, ended])
    ended.catch(() => this.ended(child))
  }

  /** Tells the node to drain, and resolves when it has ended. */
  async stop(): Promise<void> {
    const { child } = this
    this.port = null
    this.child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    await exit
  }

  /** Drains the node, and starts it again. */
  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  private ended(child: ChildProcess): void {
    if (child !== this.child) return
    this.say('ended by itself; it starts again')
    setTimeout(() => {
      if (child === this.child) this.start().catch((error: Error) => this.say(error.message))
    }, restMs)
  }
}
