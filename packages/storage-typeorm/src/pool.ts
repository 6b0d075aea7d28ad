// Connections of one kind. The pool opens a connection when a call needs one, replaces a lost one, and gives each to
// one call at a time, in the order of the calls.
import { StorageError } from '@rookery/core'

/** What a pool must know of a connection. */
export interface Pooled {
  readonly isOpen: boolean
  close(): Promise<void>
}

interface Slot<Link> {
  link: Link | null
  /** How often the pool had been renewed when the connection was opened. */
  age: number
}

export class Pool<Link extends Pooled> {
  readonly #slots: Slot<Link>[] = []
  readonly #free: Slot<Link>[] = []
  #waiting: ((slot: Slot<Link>) => void)[] = []
  #idle: () => void = () => {}
  #isClosed = false
  #age = 0

  constructor(
    private readonly open: () => Promise<Link>,
    size: number,
    /** Called with the error of a use that failed. */
    private readonly failed: (error: unknown) => void = () => {},
  ) {
    for (let i = 0; i < size; i += 1) this.#slots.push({ link: null, age: 0 })
    this.#free.push(...this.#slots)
  }

  /**
   * Waits for a connection and uses it.
   * @throws StorageError where none was free in time; whatever opening one throws; whatever `use` throws
   */
  async with<T>(waitMs: number, use: (link: Link) => Promise<T>): Promise<T> {
    const slot = this.#free.pop() ?? (await this.#wait(waitMs))
    try {
      return await use(await this.#link(slot))
    } catch (error) {
      this.failed(error)
      throw error
    } finally {
      this.#release(slot)
    }
  }

  /** Whether a call would find a connection free now. */
  get hasFree(): boolean {
    return this.#free.length > 0
  }

  /** No later call uses a connection that is open now. */
  renew(): void {
    this.#age += 1
    for (const slot of this.#free) this.#retire(slot)
  }

  /** Waits for the calls under way, and closes. */
  async close(): Promise<void> {
    this.#isClosed = true
    while (this.#free.length < this.#slots.length) await new Promise<void>((resolve) => (this.#idle = resolve))
    await Promise.all(this.#slots.map(async (slot) => slot.link?.close()))
  }

  async #link(slot: Slot<Link>): Promise<Link> {
    if (slot.age !== this.#age) this.#retire(slot)
    if (slot.link?.isOpen) return slot.link
    slot.age = this.#age
    return (slot.link = await this.open())
  }

  #retire(slot: Slot<Link>): void {
    void slot.link?.close()
    slot.link = null
  }

  #wait(waitMs: number): Promise<Slot<Link>> {
    if (this.#isClosed) throw new StorageError('storage is closed', 'none')
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting)
        reject(new StorageError(`no connection to the database was free within ${waitMs} ms`, 'none'))
      }, waitMs)
      const waiting = (slot: Slot<Link>): void => {
        clearTimeout(timer)
        resolve(slot)
      }
      this.#waiting.push(waiting)
    })
  }

  #release(slot: Slot<Link>): void {
    const next = this.#waiting.shift()
    if (next) {
      next(slot)
      return
    }
    this.#free.push(slot)
    if (this.#free.length === this.#slots.length) this.#idle()
  }
}
