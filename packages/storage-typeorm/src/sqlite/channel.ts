// The caller's side of a thread. All calls of one turn go to the thread in one message, the thread answers them by
// number, and every call settles within its deadline, even where the thread hangs or dies.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { StorageError } from '@rookery/core'
import type { SqliteSettings } from './options.js'
import type { Opened, Role, SqliteThread } from './thread.js'
import type { Call, Reply } from './wire.js'
import type { FromWorker, ToWorker, WorkerData } from './worker.js'

interface Channel {
  /** @throws Error of one line. */
  open(): Promise<Opened>
  /**
   * A thread that nobody opened opens first.
   * @throws StorageError
   */
  call(work: string, text: string): Promise<string>
  /** Waits for the calls under way, and closes. */
  close(): Promise<void>
}

export const openChannel = (role: Role, settings: SqliteSettings): Channel =>
  settings.worker ? new WorkerChannel(role, settings) : new InlineChannel(role, settings)

interface Waiting {
  readonly call: Call
  readonly deadline: number
  resolve(text: string): void
  reject(error: StorageError): void
}

/** The built worker file beside this one. Where the sources themselves run, as in tests, it is the one in `dist`. */
function workerFile(): URL {
  const beside = new URL('./worker.js', import.meta.url)
  return existsSync(fileURLToPath(beside)) ? beside : new URL('../../dist/sqlite/worker.js', import.meta.url)
}

class WorkerChannel implements Channel {
  #worker: Worker | undefined
  #ready: Promise<Opened> | undefined
  /** By number, oldest first. */
  readonly #waiting = new Map<number, Waiting>()
  #outgoing: Call[] = []
  #lastId = 0
  #timer: NodeJS.Timeout | undefined
  #idle: (() => void) | undefined

  constructor(
    private readonly role: Role,
    private readonly settings: SqliteSettings,
  ) {}

  open(): Promise<Opened> {
    return (this.#ready ??= this.#start())
  }

  call(work: string, text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#lastId += 1
      const call = { id: this.#lastId, work, text }
      const deadline = performance.now() + this.settings.callTimeoutMs
      this.#waiting.set(call.id, { call, deadline, resolve, reject })
      this.#outgoing.push(call)
      // Commits come one at a time. Sending a commit at once lets the thread begin before the caller does anything
      // else.
      if (this.role === 'write') this.#flush()
      else if (this.#outgoing.length === 1) queueMicrotask(() => this.#flush())
      this.#watch()
    })
  }

  async close(): Promise<void> {
    if (this.#waiting.size > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
    clearTimeout(this.#timer)
    const worker = this.#worker
    this.#worker = undefined
    if (!worker) return
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    worker.postMessage('close' satisfies ToWorker)
    const timer = setTimeout(() => void worker.terminate(), this.settings.callTimeoutMs)
    await gone
    clearTimeout(timer)
  }

  #start(): Promise<Opened> {
    return new Promise((resolve, reject) => {
      const workerData: WorkerData = { role: this.role, settings: this.settings }
      // The thread runs plain JavaScript, so it does not need the host's loaders and flags.
      const worker = new Worker(workerFile(), { workerData, execArgv: [], name: `rookery-sqlite-${this.role}` })
      this.#worker = worker
      worker.postMessage('open' satisfies ToWorker)
      let opened = false
      let cause: unknown
      worker.on('message', (message: FromWorker) => {
        if ('replies' in message) {
          for (const reply of message.replies) this.#settle(reply)
          return
        }
        if ('opened' in message) {
          opened = true
          resolve(message.opened)
          return
        }
        cause = new Error(message.failed)
        reject(cause)
      })
      worker.on('error', (error) => (cause = error))
      worker.on('exit', () => {
        const why = cause instanceof Error ? `: ${cause.message}` : ''
        const line = `the thread that ${this.role}s the database ended${why}`
        reject(new Error(line, { cause }))
        this.#lost(worker, line, opened ? this.#doubt() : 'none', cause)
      })
    })
  }

  #flush(): void {
    const calls = this.#outgoing
    this.#outgoing = []
    // The first call starts a thread, and the next one starts a thread in place of one that died. The call waits in the thread until the file is open.
    if (!this.#worker) {
      this.#ready = this.#start()
      this.#ready.catch(() => undefined)
    }
    this.#worker?.postMessage(calls satisfies ToWorker)
  }

  #settle(reply: Reply): void {
    const waiting = this.#take(reply.id)
    if (!waiting) return
    if ('text' in reply) waiting.resolve(reply.text)
    else waiting.reject(new StorageError(reply.message, reply.outcome))
  }

  #fail(id: number, message: string, outcome: 'none' | 'unknown', cause?: unknown): void {
    this.#take(id)?.reject(new StorageError(message, outcome, { cause }))
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) this.#idle?.()
    return waiting
  }

  /** A thread that is gone may have committed the calls under way, if it had opened the file. */
  #lost(worker: Worker, line: string, outcome: 'none' | 'unknown', cause: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    const unsent = new Set(this.#outgoing.map((call) => call.id))
    for (const id of [...this.#waiting.keys()]) if (!unsent.has(id)) this.#fail(id, line, outcome, cause)
  }

  #doubt(): 'none' | 'unknown' {
    return this.role === 'write' ? 'unknown' : 'none'
  }

  /** One timer for the oldest call is enough: all calls have the same timeout. */
  #watch(): void {
    if (this.#timer !== undefined) return
    const [oldest] = this.#waiting.values()
    if (!oldest) return
    const leftMs = Math.max(1, oldest.deadline - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      const now = performance.now()
      for (const [id, { deadline }] of this.#waiting) {
        if (deadline > now) break
        this.#fail(id, `the database did not answer within ${this.settings.callTimeoutMs} ms`, this.#doubt())
      }
      this.#watch()
    }, leftMs)
    this.#timer.unref()
  }
}

/** Works on the caller's own thread, which waits for the disk in every call. */
class InlineChannel implements Channel {
  #thread: SqliteThread | undefined
  #work: Promise<unknown> = Promise.resolve()
  #lastId = 0

  constructor(
    private readonly role: Role,
    private readonly settings: SqliteSettings,
  ) {}

  async open(): Promise<Opened> {
    const { SqliteThread } = await import('./thread.js')
    this.#thread = new SqliteThread(this.role, this.settings)
    return this.#thread.open()
  }

  async call(work: string, text: string): Promise<string> {
    this.#lastId += 1
    const call = { id: this.#lastId, work, text }
    const thread = this.#thread
    if (thread === undefined) throw new StorageError('the database is not open', 'none')
    const answer = this.#work.then(() => thread.answer(call))
    this.#work = answer
    const reply = await answer
    if ('text' in reply) return reply.text
    throw new StorageError(reply.message, reply.outcome)
  }

  async close(): Promise<void> {
    await this.#work
    this.#thread?.close()
  }
}
