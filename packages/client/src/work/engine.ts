// Steps one after the other: each reads, is committed, and only then shows. What is shown was stored before.
import type { LocalStore, StoreOp } from '../ports/local-store.js'
import type { StorageStatus } from '../ports/storage-status.js'
import { StoreMovedError, Vault } from '../store/vault.js'
import type { Observable } from '../views/observable.js'
import { Mirror } from '../engine/mirror.js'
import { Step, type Signal } from '../engine/step.js'

export class Engine {
  mirror = new Mirror()
  readonly #watchers = new Set<(ops: readonly StoreOp[]) => void>()
  readonly #hearers = new Set<(signal: Signal) => void>()
  #tail: Promise<unknown> = Promise.resolve()

  readonly #vault: Vault

  constructor(store: LocalStore) {
    this.#vault = new Vault(store, {
      rows: () => this.mirror.rows(),
      position: () => this.mirror.meta.seq,
      victims: (but) => this.mirror.victims(but),
      changed: (ops) => this.#changed(ops),
    })
  }

  /** The store, behind what mends it. */
  get store(): LocalStore {
    return this.#vault
  }

  get storage(): Observable<StorageStatus> {
    return this.#vault.status
  }

  /** Reads what is held, and gives the device an id where it has none. */
  async open(newDeviceId: () => string): Promise<void> {
    await this.store.open()
    this.mirror = await Mirror.read(this.store)
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
      for (;;) {
        const step = new Step(this.mirror, this.store)
        try {
          const result = await take(step)
          await this.#commit(step)
          return result
        } catch (error) {
          // What the step had read is not there any more.
          if (!(error instanceof StoreMovedError)) throw error
        }
      }
    })
    this.#tail = done.catch(() => {})
    return done
  }

  async #commit(step: Step): Promise<void> {
    const ops = step.finish()
    if (ops.length > 0) {
      await this.store.commit(ops)
      this.#changed(ops)
    }
    for (const signal of step.signals) for (const hear of this.#hearers) hear(signal)
  }

  #changed(ops: readonly StoreOp[]): void {
    this.mirror.apply(ops)
    for (const changed of this.#watchers) changed(ops)
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

  /** Resolves when every step so far is over. */
  async idle(): Promise<void> {
    await this.#tail
  }
}
