// What a user interface binds to: a snapshot that never changes, and a call when there is a new one.

export interface Observable<S> {
  /** The same object until something changed. */
  readonly getSnapshot: () => S
  /** Returns a function that ends the subscription. `changed` gets no value: read the snapshot. */
  readonly subscribe: (changed: () => void) => () => void
}

/** A value that tells when it changes. Its functions may be handed on as they are. */
export class Cell<S> implements Observable<S> {
  #value: S
  readonly #subscribers = new Set<() => void>()

  constructor(value: S) {
    this.#value = value
  }

  readonly getSnapshot = (): S => this.#value

  readonly subscribe = (changed: () => void): (() => void) => {
    // A function of its own: one subscriber may subscribe twice.
    const one = (): void => changed()
    this.#subscribers.add(one)
    return () => this.#subscribers.delete(one)
  }

  set(value: S): void {
    if (Object.is(value, this.#value)) return
    this.#value = value
    for (const changed of [...this.#subscribers]) changed()
  }
}
