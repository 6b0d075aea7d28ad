// Steps one after the other: each reads, is committed, and only then shows. What is shown was stored before.
import type { LocalStore, StoreOp } from '../ports/local-store.js'
import { Mirror } from './mirror.js'
import { Step, type Signal } from './step.js'

export class Engine {
  mirror = new Mirror()
  readonly #watchers = new Set<(ops: readonly StoreOp[]) => void>()
  readonly #hearers = new Set<(signal: Signal) => void>()
  #tail: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(readonly store: LocalStore) {}

  /** Reads what is held, and gives the device an id where it has none. */
  async open(newDeviceId: () => string): Promise<void> {
    await this.store.open()
    this.mirror = await Mirror.read(this.store)
    this.#isClosed = false
    if (this.mirror.meta.deviceId === '')
      await this.run((step) => {
        step.meta = { ...step.meta, deviceId: newDeviceId() }
      })
  }

  /**
   * Carries out a step behind all earlier ones, and resolves once it is committed.
   * @throws whatever the step or the store throws; then nothing of it has happened
   */
  run<T>(take: (step: Step) => T | Promise<T>): Promise<T> {
    const done = this.#tail.then(async () => {
      if (this.#isClosed) throw new Error('the client is closed')
      const step = new Step(this.mirror, this.store)
      const result = await take(step)
      await this.#commit(step)
      return result
    })
    this.#tail = done.catch(() => {})
    return done
  }

  async #commit(step: Step): Promise<void> {
    const ops = step.finish()
    if (ops.length > 0) {
      await this.store.commit(ops)
      if (this.#isClosed) return
      this.mirror.apply(ops)
      for (const changed of this.#watchers) changed(ops)
    }
    for (const signal of step.signals) for (const hear of this.#hearers) hear(signal)
  }

  /** Calls back after each commit, with its operations. */
  onCommit(changed: (ops: readonly StoreOp[]) => void): () => void {
    this.#watchers.add(changed)
    return () => this.#watchers.delete(changed)
  }

  /** Calls back for what the app is told of, in order, once it is committed. */
  onSignal(hear: (signal: Signal) => void): () => void {
    this.#hearers.add(hear)
    return () => this.#hearers.delete(hear)
  }

  /** No step runs any more; what is being committed is shown to nobody. */
  close(): void {
    this.#isClosed = true
  }

  /** Resolves when every step so far is over. */
  async idle(): Promise<void> {
    await this.#tail
  }
}
