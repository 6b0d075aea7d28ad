// A cache of recent reads in two halves. When the newer half is full, the older half is dropped. An entry that is used
// moves to the newer half and stays.

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

  /** No entry is lost within a batch, because the halves change only in `trim`. */
  set(key: string, value: V): void {
    this.#newer.set(key, value)
  }

  /** Called between batches, when nobody uses the entries. */
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
