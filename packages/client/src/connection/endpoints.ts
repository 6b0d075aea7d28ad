// Where to connect: the first endpoint, the next one when it fails, and the list anew when all have failed.

export class Endpoints {
  #list: readonly string[] = []
  #next = 0

  constructor(
    private readonly url: string,
    private readonly ask?: () => Promise<readonly string[]>,
  ) {}

  /** The endpoint to try now. Without a list, or if the list cannot be had, it is the client's `url`. */
  async current(): Promise<string> {
    if (this.#next >= this.#list.length) {
      this.#next = 0
      const given = await this.ask?.().catch(() => [])
      this.#list = given !== undefined && given.length > 0 ? given : [this.url]
    }
    return this.#list[this.#next]!
  }

  /** The endpoint failed or drains: the next attempt takes the next one. */
  failed(): void {
    this.#next += 1
  }
}
