// Which connections have something to write in this turn of the event loop. One list and one callback for all of them: it
// runs in the check phase, after every socket that was readable in this turn has been read and what could be answered at
// once was answered, so that whatever is meant for one client leaves in one write.

interface Flushable {
  flush(): void
}

export class FlushList {
  #waiting: Flushable[] = []
  readonly #run = (): void => {
    const waiting = this.#waiting
    this.#waiting = []
    for (const one of waiting) one.flush()
  }

  /** Not twice before it was flushed. `flush` must not throw. */
  add(one: Flushable): void {
    if (this.#waiting.push(one) === 1) setImmediate(this.#run)
  }
}
