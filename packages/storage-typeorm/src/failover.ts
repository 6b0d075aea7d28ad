// A server that no longer takes writes is being replaced by another. Connections to the old server stay open, but the
// storage must drop them: they read old data, and the server refuses their writes.

interface Renewable {
  renew(): void
}

export class Failover {
  #isUnderWay = false

  constructor(private readonly pools: () => readonly Renewable[]) {}

  /**
   * Called when a writing connection was lost, or its server takes no writes any more. The storage then opens every
   * connection anew.
   */
  found(): void {
    this.#isUnderWay = true
    this.#renew()
  }

  /**
   * Called after each commit that succeeded. It renews the connections once more after a failover, because those opened
   * during it may still lead to the old server.
   */
  committed(): void {
    if (!this.#isUnderWay) return
    this.#isUnderWay = false
    this.#renew()
  }

  #renew(): void {
    for (const pool of this.pools()) pool.renew()
  }
}
