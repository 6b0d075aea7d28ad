// A server that no longer takes writes has a successor, or will have one. Its connections live on, and must not be kept: what
// they read is old, and what they write is refused.

interface Renewable {
  renew(): void
}

export class Failover {
  #isUnderWay = false

  constructor(private readonly pools: () => readonly Renewable[]) {}

  /** A connection that writes was lost, or told that its server takes no writes: every connection is made anew. */
  found(): void {
    this.#isUnderWay = true
    this.#renew()
  }

  /** A commit went through. Connections that were made meanwhile may still lead to the old server. */
  committed(): void {
    if (!this.#isUnderWay) return
    this.#isUnderWay = false
    this.#renew()
  }

  #renew(): void {
    for (const pool of this.pools()) pool.renew()
  }
}
