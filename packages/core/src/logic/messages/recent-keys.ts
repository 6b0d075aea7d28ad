// Remembers the most recent keys: at least `least` of them and at most twice as many. It drops a whole set at a time
// and never deletes single keys: a set that gains and loses entries all the time keeps deleted ones in memory (see
// TurnoverMap).

export class RecentKeys {
  private newer: Set<string> | null = null
  private older: Set<string> | null = null

  constructor(private readonly least: number) {}

  has(key: string): boolean {
    return this.newer?.has(key) === true || this.older?.has(key) === true
  }

  add(key: string): void {
    if (this.newer !== null && this.newer.size >= this.least) {
      this.older = this.newer
      this.newer = null
    }
    this.newer ??= new Set()
    this.newer.add(key)
  }
}
