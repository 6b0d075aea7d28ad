// A map whose entries come and go all the time. The engine gives a map a new table whenever the old one is full of what was
// deleted, and has the old one point to it. Once a single table has grown old, each that follows is kept with all its entries
// until the next full collection: most of what passes through such a map is copied, and copied again, long after it is gone.
// A copy in time is a map of its own, to which no old table points.

/** After so many deletions: less than what comes and goes between two collections of young objects. */
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
    // A copy costs no more than what was deleted since the last.
    if (this.#deletions < Math.max(deletionsMax, this.#map.size)) return
    this.#deletions = 0
    this.#map = new Map(this.#map)
  }
}
