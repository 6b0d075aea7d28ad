// Real randomness, and ids that sort by when they were made.
import { V7Generator } from 'uuidv7'
import type { Random } from '../ports/random.js'

/** Random numbers of the process, and UUIDs of version 7. */
export class SystemRandom implements Random {
  readonly #ids = new V7Generator()

  constructor() {
    // However far the wall clock jumps back, an id never sorts before an earlier one.
    this.#ids.setRollbackAllowance(2 ** 48 - 1)
  }

  next(): number {
    return Math.random()
  }

  id(): string {
    return this.#ids.generate().toString()
  }
}
