// Applies random operations to memory and to a database, and compares every result and everything that can be read. Two
// nodes take turns, so that neither can trust its cache. Sometimes the database refuses an operation, so that the
// storage rolls its batch back, and runs it again or in parts.
import { MemoryStorage, type Storage } from '@rookery/core'
import { SeededRandom } from '@rookery/testing'
import { difference } from './difference.js'
import type { Dialect, Place } from './dialects.js'
import { house, RandomChat, town, type Scene } from './random-chat.js'
import { erase, exported, plain, readAll, trim, verify } from './read-all.js'
import type { TypeOrmStorage } from '../src/typeorm-storage.js'

/** The size of the run for one seed. */
export interface Size {
  readonly batches: number
  /** The most operations of a batch. */
  readonly ops: number
  /** The most rows that retention removes in a step. */
  readonly trimRows: number
  /** After this many batches the run reads everything. */
  readonly every: number
  readonly scene: (seed: number) => Scene
}

/** Enough people and batches for all kinds of operations to meet. */
export const large = (every: number): Size => ({ batches: 120, ops: 8, trimRows: 20, every, scene: () => town })
/** Few people and batches, so that hundreds of seeds are quick. The seeds share a database. */
export const small: Size = {
  batches: 14,
  ops: 14,
  trimRows: 200,
  every: 14,
  scene: (seed) => house(`s${seed}`),
}

/** What the run has covered. */
export interface Met {
  readonly statuses: readonly string[]
  readonly read: string
}

export class SideBySide {
  readonly #memory = new MemoryStorage()

  private constructor(
    private readonly place: Place,
    private readonly one: TypeOrmStorage,
    private readonly other: TypeOrmStorage,
  ) {}

  static async open(dialect: Dialect): Promise<SideBySide> {
    const place = await dialect.make()
    const both = new SideBySide(place, place.open(), place.open())
    for (const storage of both.#all) await storage.start()
    await place.prepare()
    return both
  }

  get #all(): readonly Storage[] {
    return [this.#memory, this.one, this.other]
  }

  /** @throws Error that names the seed and the first difference; do not use either side after it */
  async run(seed: number, { batches, ops: opsMax, trimRows, every, scene }: Size): Promise<Met> {
    const random = new SeededRandom(seed)
    const chat = new RandomChat(random, scene(seed))
    const { place, one, other } = this
    const memory = this.#memory
    const statuses: string[] = []
    let read = ''
    for (let n = 0; n < batches; n += 1) {
      const ops = chat.batch(opsMax)
      const spoilt = random.int(6) === 0 ? random.int(ops.length + 1) : -1
      const node = random.int(4) === 0 ? other : one
      const expected = await memory.commit(ops)
      const results = await node.commit(spoilt < 0 ? ops : ops.toSpliced(spoilt, 0, place.refused))
      const refused = spoilt < 0 ? [] : results.splice(spoilt, 1)
      if (refused.some(({ status }) => status !== 'refused'))
        throw new Error(`batch ${n} of seed ${seed}: what is to be refused was ${refused[0]!.status}`)
      const isSame = (found: unknown, hoped: unknown): void => {
        const told = difference(found, hoped)
        if (told !== null) throw new Error(`batch ${n} of seed ${seed}: ${told}\n  after ${JSON.stringify(ops)}`)
      }
      isSame({ results: results.map(plain) }, { results: expected.map(plain) })
      chat.learn(ops, expected)
      const limits = chat.limits()
      if (limits !== null) await Promise.all([trim(memory, limits, 1000), trim(node, limits, 1 + random.int(trimRows))])
      for (const [index, { status }] of expected.entries()) statuses.push(`${ops[index]!.op} ${status}`)
      if (n % every !== every - 1) continue
      const reads = await readAll(memory, chat)
      isSame(await readAll(other, chat), reads)
      read += JSON.stringify(reads)
    }
    return { statuses, read }
  }

  /**
   * Compares what verification finds on both sides.
   * @throws Error
   */
  async verify(): Promise<void> {
    for (const storage of [this.#memory, this.one]) {
      const told = difference(await verify(storage), [], 'what verify finds')
      if (told !== null) throw new Error(told)
    }
  }

  /**
   * Exports every user of a seed's scene, and erases one of them.
   * @throws Error
   */
  async leave(seed: number, { scene }: Size): Promise<void> {
    const { users } = scene(seed)
    const look = (found: unknown, expected: unknown, where: string): void => {
      const told = difference(found, expected, where)
      if (told !== null) throw new Error(`seed ${seed}: ${told}`)
    }
    for (const userId of users)
      look(await exported(this.other, userId), await exported(this.#memory, userId), `the export of ${userId}`)
    await Promise.all([erase(this.#memory, users[0]!, 1000), erase(this.one, users[0]!, 7)])
    const after = { scene: scene(seed), keys: [] }
    look(await readAll(this.other, after), await readAll(this.#memory, after), 'after an erasure')
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#all.map((storage) => storage.stop()))
    await this.place.drop()
  }
}
