// Randomness that a seed reproduces.
import type { Random } from '@rookery/core'

/**
 * The generator xoshiro128** 1.1 by David Blackman and Sebastiano Vigna ("Scrambled Linear Pseudorandom Number
 * Generators", ACM TOMS 47, 2021), its state filled from the seed by the finaliser of MurmurHash3 (Austin Appleby) over
 * a Weyl sequence, as SplitMix does it.
 */
export class SeededRandom implements Random {
  readonly #state: Uint32Array
  #ids = 0

  constructor(readonly seed: number) {
    let weyl = seed >>> 0
    this.#state = Uint32Array.from({ length: 4 }, () => {
      weyl = (weyl + 0x9e3779b9) >>> 0
      return mix(weyl)
    })
  }

  /** 32 random bits as an unsigned integer. */
  uint32(): number {
    return xoshiro128(this.#state)
  }

  next(): number {
    return this.uint32() / 2 ** 32
  }

  /** Ids ascend, and hardly ever equal those of another seed. */
  id(): string {
    this.#ids += 1
    return `${this.#ids.toString(16).padStart(9, '0')}-${hex(this.uint32())}${hex(this.uint32())}`
  }

  /** An integer from 0 to `below - 1`. */
  int(below: number): number {
    return Math.floor(this.next() * below)
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  /**
   * One element of the list.
   * @throws RangeError if the list is empty
   */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('nothing to pick from')
    return list[this.int(list.length)] as T
  }

  /** A copy in random order (Fisher and Yates, Durstenfeld's form). */
  shuffle<T>(list: readonly T[]): T[] {
    const shuffled = [...list]
    for (let last = shuffled.length - 1; last > 0; last -= 1) {
      const other = this.int(last + 1)
      ;[shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T]
    }
    return shuffled
  }

  /** Makes a generator for one part of a run: what that part draws changes nothing for the others. */
  fork(): SeededRandom {
    return new SeededRandom(this.uint32())
  }
}

/**
 * @internal One step of the generator: changes the four words of the state, and returns 32 bits as an unsigned integer.
 */
export function xoshiro128(state: Uint32Array): number {
  const [a, b, c, d] = state as unknown as [number, number, number, number]
  const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
  state[2] = c ^ a
  state[3] = d ^ b
  state[1] = b ^ state[2]!
  state[0] = a ^ state[3]!
  state[2] = state[2]! ^ (b << 9)
  state[3] = rotate(state[3]!, 11)
  return result
}

const rotate = (bits: number, by: number): number => (bits << by) | (bits >>> (32 - by))

const hex = (bits: number): string => bits.toString(16).padStart(8, '0')

function mix(value: number): number {
  let bits = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
