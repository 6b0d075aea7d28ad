// A map for entries that come and go all the time. When a map's table is full of deleted entries, V8 gives the map a
// new table, and the old table points to the new one. Once one table has become old (in the sense of the garbage
// collector), it keeps every following table with all its entries until the next full collection. So most of what
// passes through the map is copied again and again long after its deletion. A copy of the map in time has no old table
// that points to it.

/** It copies after this many deletions: fewer than come between two collections of young objects. */
const deletionsMax = 128

export class TurnoverMap<Key, Value> {
  #map = new Map<Key, Value>()
  #deletions = 0

  get(key: Key): Value | undefined {
    return this.#map.get(key)
  }

  set(key: Key, value: Value): void {
    this.#map.set(key, value)
  }

  delete(key: Key): void {
    if (!this.#map.delete(key)) return
    this.#deletions += 1
    // A copy costs no more than the deletions since the last copy.
    if (this.#deletions < Math.max(deletionsMax, this.#map.size)) return
    this.#deletions = 0
    this.#map = new Map(this.#map)
  }
}
