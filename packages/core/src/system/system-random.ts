// Real random numbers, and ids that sort by the time of their making.
import { randomFillSync } from 'node:crypto'
import { V7Generator } from 'uuidv7'
import type { Random } from '../ports/random.js'

/**
 * Random numbers, taken from the system a thousand at a time, because a system call for each id costs more than the id.
 */
class Drawn {
  readonly #numbers = new Uint32Array(1024)
  #at = this.#numbers.length

  nextUint32(): number {
    if (this.#at === this.#numbers.length) {
      randomFillSync(this.#numbers)
      this.#at = 0
    }
    return this.#numbers[this.#at++]!
  }
}

const hyphen = 45
const hyphensBefore: ReadonlySet<number> = new Set([4, 6, 8, 10])
const digits = Buffer.from('0123456789abcdef', 'latin1')

/** Random numbers of the process, and UUIDs of version 7. */
export class SystemRandom implements Random {
  readonly #ids = new V7Generator(new Drawn())
  readonly #text = Buffer.alloc(36)

  constructor() {
    // An id never sorts before an earlier one, however far the wall clock jumps back.
    this.#ids.setRollbackAllowance(2 ** 48 - 1)
  }

  next(): number {
    return Math.random()
  }

  // The text is made from bytes. If it were added up digit by digit, V8 would keep it as a chain of pieces for as long
  // as it lives.
  id(): string {
    const { bytes } = this.#ids.generate()
    let at = 0
    for (let i = 0; i < 16; i++) {
      if (hyphensBefore.has(i)) this.#text[at++] = hyphen
      this.#text[at++] = digits[bytes[i]! >> 4]!
      this.#text[at++] = digits[bytes[i]! & 15]!
    }
    return this.#text.toString('latin1')
  }
}
