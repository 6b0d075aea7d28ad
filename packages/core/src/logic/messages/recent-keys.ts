// The last keys of something, at least so many as were asked for and at most twice as many. Nothing is deleted one by one:
// a set whose entries come and go all the time keeps what is gone alive (see TurnoverMap).

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
