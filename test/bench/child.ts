// The parent's side: starts a process of the benchmark, calls it, and makes sure that it ends afterwards.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Call, Report, Usage } from './child-answers.js'

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export class Child {
  readonly #process: ChildProcess
  readonly #name: string
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  readonly #ready: Promise<unknown>
  #lastId = 0

  private constructor(name: string, child: ChildProcess) {
    this.#name = name
    this.#process = child
    let reportReady: (value: unknown) => void
    let failReady: (error: Error) => void
    this.#ready = new Promise((resolve, reject) => {
      reportReady = resolve
      failReady = reject
    })
    child.on('message', (report: Report) => {
      if ('ready' in report) return reportReady(report.ready)
      const waiting = this.#waiting.get(report.id)
      this.#waiting.delete(report.id)
      if ('error' in report) waiting?.reject(new Error(`${name}: ${report.error}`))
      else waiting?.resolve(report.value)
    })
    child.on('exit', (code, signal) => {
      running.delete(child)
      const error = new Error(`${name} ended (${signal ?? code})`)
      failReady(error)
      for (const waiting of this.#waiting.values()) waiting.reject(error)
      this.#waiting.clear()
    })
  }

  /**
   * Starts a file of this folder, named relative to it, and waits until it is ready.
   * @returns the process, and what it reported when it was ready
   */
  static async start<Ready>(
    file: string,
    options: { readonly env?: Readonly<Record<string, string>>; readonly exposeGc?: boolean } = {},
  ): Promise<{ child: Child; ready: Ready }> {
    const forked = fork(new URL(file, import.meta.url), {
      env: { ...process.env, NODE_ENV: 'production', ...options.env },
      execArgv: options.exposeGc ? ['--expose-gc'] : [],
      // A child's output belongs to the log, never to the results.
      stdio: ['ignore', 2, 2, 'ipc'],
    })
    running.add(forked)
    const child = new Child(file, forked)
    return { child, ready: (await child.#ready) as Ready }
  }

  call<Value>(method: string, argument?: unknown): Promise<Value> {
    const id = ++this.#lastId
    const call: Call = { id, method, argument: argument ?? null }
    return new Promise((resolve, reject) => {
      if (!running.has(this.#process)) return reject(new Error(`${this.#name} has ended`))
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.#process.send(call)
    })
  }

  usage(): Promise<Usage> {
    return this.call('usage')
  }

  /** Ends the process at once: it holds nothing that anybody needs. */
  async stop(): Promise<void> {
    if (!running.has(this.#process)) return
    const exited = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exited
  }
}
