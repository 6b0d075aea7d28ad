// What was read lately, in two halves: when the newer one is full, the older one goes. So whatever is used stays.

export class Cache<V> {
  #newer = new Map<string, V>()
  #older = new Map<string, V>()

  constructor(private readonly halfMax: number) {}

  get(key: string): V | undefined {
    const value = this.#newer.get(key)
    if (value !== undefined) return value
    const older = this.#older.get(key)
    if (older !== undefined) this.set(key, older)
    return older
  }

  /** Within one batch nothing that was set is lost: halves change only in `trim`. */
  set(key: string, value: V): void {
    this.#newer.set(key, value)
  }

  /** Called between batches, when nobody holds what is in here. */
  trim(): void {
    if (this.#newer.size <= this.halfMax) return
    this.#older = this.#newer
    this.#newer = new Map()
  }

  clear(): void {
    this.#newer = new Map()
    this.#older = new Map()
  }
}
