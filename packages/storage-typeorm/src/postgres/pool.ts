// Connections of one kind: opened when they are needed, replaced when they are lost, given to one call at a time in the
// order of the calls.
import { StorageError } from '@rookery/core'
import type { PgClientClass } from './driver.js'
import { Link, type LinkOptions } from './link.js'

interface Slot {
  link: Link | null
}

export class Pool {
  readonly #slots: Slot[] = []
  readonly #free: Slot[] = []
  #waiting: ((slot: Slot) => void)[] = []
  #idle: () => void = () => {}
  #isClosed = false

  constructor(
    private readonly driver: PgClientClass,
    private readonly options: LinkOptions,
    size: number,
  ) {
    for (let i = 0; i < size; i += 1) this.#slots.push({ link: null })
    this.#free.push(...this.#slots)
  }

  /**
   * Waits for a connection and uses it.
   * @throws StorageError where none was free in time; LinkLost where none could be made; whatever `use` throws
   */
  async with<T>(waitMs: number, use: (link: Link) => Promise<T>): Promise<T> {
    const slot = this.#free.pop() ?? (await this.#wait(waitMs))
    try {
      if (slot.link === null || !slot.link.isOpen) slot.link = await Link.open(this.driver, this.options)
      return await use(slot.link)
    } finally {
      this.#release(slot)
    }
  }

  /** Whether a call would find a connection free now. */
  get hasFree(): boolean {
    return this.#free.length > 0
  }

  /** Waits for the calls under way, and closes. */
  async close(): Promise<void> {
    this.#isClosed = true
    while (this.#free.length < this.#slots.length) await new Promise<void>((resolve) => (this.#idle = resolve))
    await Promise.all(this.#slots.map(async (slot) => slot.link?.close()))
  }

  #wait(waitMs: number): Promise<Slot> {
    if (this.#isClosed) throw new StorageError('storage is closed', 'none')
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting)
        reject(new StorageError(`no connection to the database was free within ${waitMs} ms`, 'none'))
      }, waitMs)
      const waiting = (slot: Slot): void => {
        clearTimeout(timer)
        resolve(slot)
      }
      this.#waiting.push(waiting)
    })
  }

  #release(slot: Slot): void {
    const next = this.#waiting.shift()
    if (next) {
      next(slot)
      return
    }
    this.#free.push(slot)
    if (this.#free.length === this.#slots.length) this.#idle()
  }
}
