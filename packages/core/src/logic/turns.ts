// One after the other, where they concern one and the same: what the first has stored, the second sees.

export class Turns {
  private readonly last = new Map<string, Promise<unknown>>()

  /** Runs once everything that was given before under this name has ended. */
  async take<T>(name: string, run: () => Promise<T>): Promise<T> {
    const before = this.last.get(name) ?? Promise.resolve()
    const own = before.then(run)
    const ended = own.catch(() => {})
    this.last.set(name, ended)
    try {
      return await own
    } finally {
      if (this.last.get(name) === ended) this.last.delete(name)
    }
  }
}
