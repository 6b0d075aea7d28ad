// A store in memory that takes its time, and whose process may end in the middle of a commit.
import { MemoryStore, type Clock, type LocalStore, type StoreOp } from '@rookery/client'
import type { SeededRandom } from '@rookery/testing'

/** What stays when an app ends: give it to the next {@link SlowStore}. */
export type Disk = MemoryStore

export class SlowStore implements LocalStore {
  readonly kind = 'memory'
  readonly isDurable = true
  #isDead = false
  #pending: (() => void) | null = null

  constructor(
    private readonly disk: Disk,
    private readonly clock: Clock,
    private readonly random: SeededRandom,
    /** Called with what was committed, before the client knows it. */
    private readonly committed: (ops: readonly StoreOp[]) => void,
  ) {}

  open(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  /** Calls back in the middle of the next commit of something that the server told. */
  atNextCommit: (() => void) | null = null

  /** The app ends now. What was being committed is there as a whole, or not at all. */
  kill(): void {
    this.#isDead = true
    if (this.random.chance(0.5)) this.#pending?.()
    this.#pending = null
  }

  commit(ops: readonly StoreOp[]): Promise<void> {
    // Rows go over as text, as into a database: nothing is shared with the engine.
    const text = JSON.stringify(ops)
    return new Promise((resolve) => {
      const apply = (): void => {
        const rows = JSON.parse(text) as StoreOp[]
        void this.disk.commit(rows)
        this.committed(rows)
      }
      this.#pending = apply
      if (this.atNextCommit !== null && ops.some((op) => op.op === 'put' && op.table === 'meta')) {
        this.clock.setTimeout(this.atNextCommit, 0)
        this.atNextCommit = null
      }
      this.clock.setTimeout(
        () => {
          if (this.#isDead) return
          this.#pending = null
          apply()
          resolve()
        },
        1 + this.random.int(15),
      )
    })
  }

  readonly all: LocalStore['all'] = (table) => this.#read(this.disk.all(table))
  readonly messages: LocalStore['messages'] = (query) => this.#read(this.disk.messages(query))
  readonly messagesAt: LocalStore['messagesAt'] = (id, seqs) => this.#read(this.disk.messagesAt(id, seqs))
  readonly controls: LocalStore['controls'] = (id, targets) => this.#read(this.disk.controls(id, targets))
  readonly blob: LocalStore['blob'] = (key) => this.#read(this.disk.blob(key))

  /** What a read gives is what was there when it began. */
  async #read<R>(rows: Promise<R>): Promise<R> {
    const read = await rows
    if (this.random.chance(0.2))
      await new Promise<void>((resolve) => this.clock.setTimeout(resolve, this.random.int(5)))
    return this.#isDead ? new Promise<R>(() => {}) : read
  }
}
