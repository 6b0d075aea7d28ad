// A worker as the exploring process sees it. If a worker ends or hangs in a seed, the seed counts as broken, and
// another worker takes its place.
import { fork, type ChildProcess } from 'node:child_process'
import type { Outcome } from './counts.js'
import type { FromWorker, ToWorker } from './messages.js'
import type { KindName, Seed } from './options.js'

/** A seed takes a second or two, at most ten on a busy machine. */
const hangsAfterMs = 180_000

export interface Answer {
  readonly outcome: Outcome
  readonly history: string
}

interface Running {
  readonly child: ChildProcess
  readonly missing: readonly KindName[]
}

export class WorkerProcess {
  #running: Promise<Running> | null = null

  /** @param start the script that runs a module from the sources */
  constructor(private readonly start: string) {}

  /** The kinds for which some server does not answer. */
  async missing(): Promise<readonly KindName[]> {
    return (await this.#child()).missing
  }

  /** Runs one seed; one at a time. */
  async run(seed: Seed, isTold = false): Promise<Answer> {
    const { child } = await this.#child()
    return new Promise((resolve) => {
      const settle = (answer: Answer): void => {
        clearTimeout(hanging)
        child.off('message', answered)
        child.off('exit', ended)
        resolve(answer)
      }
      const broke = (what: string): void => {
        this.#running = null
        settle({ outcome: { ...seed, world: '', faults: [{ invariant: null, what }] }, history: '' })
      }
      const answered = (message: FromWorker): void => {
        if (message.t === 'ran') settle(message)
      }
      const ended = (code: number | null, signal: string | null): void => broke(`its process ended: ${signal ?? code}`)
      const hanging = setTimeout(() => {
        broke(`it had not ended after ${hangsAfterMs / 1000} s`)
        child.kill('SIGKILL')
      }, hangsAfterMs)
      child.on('message', answered)
      child.once('exit', ended)
      const message: ToWorker = { t: 'run', seed, isTold }
      child.send(message)
    })
  }

  async end(): Promise<void> {
    const running = await this.#running?.catch(() => null)
    if (running == null || running.child.exitCode !== null) return
    const ended = new Promise((resolve) => running.child.once('exit', resolve))
    const message: ToWorker = { t: 'end' }
    running.child.send(message)
    await ended
  }

  #child(): Promise<Running> {
    return (this.#running ??= new Promise((resolve, reject) => {
      // Ctrl-C is for the exploring process: a worker finishes its seed and removes its databases.
      const child = fork(this.start, [], {
        detached: true,
        env: { ...process.env, ROOKERY_EXPLORE_MODULE: 'worker.ts' },
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      })
      const failed = (code: number | null): void => reject(new Error(`a worker did not start (${code})`))
      child.once('exit', failed)
      child.once('message', (message: FromWorker) => {
        child.off('exit', failed)
        if (message.t === 'ready') resolve({ child, missing: message.missing })
      })
    }))
  }
}
