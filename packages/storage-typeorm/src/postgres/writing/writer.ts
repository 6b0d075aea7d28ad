// Commits. The writer runs a batch again where a conflict between transactions made it fail. Where the database refuses
// a batch, the writer runs each half apart, so that it refuses only the operations that cause the error.
import { StorageError, type RefusedResult, type StorageOp } from '@rookery/core'
import { failureOf, isLocked, isNotAsKnown, isOfTheOperation, isPassing, isStale } from '../faults.js'
import type { Link } from '../link.js'
import type { Pool } from '../../pool.js'
import { batchOf, locksOf, quickBatchOf, type Results } from './batch.js'
import { HeldRows } from '../../held-rows.js'
import { heldIn, heldStep } from './held.js'
import { Known } from './known.js'
import { whyUnstorable } from './storable.js'

const triesMax = 10

export class Writer {
  readonly #known = new Known()
  readonly #held = new HeldRows()

  constructor(
    private readonly pool: Pool<Link>,
    private readonly callTimeoutMs: number,
  ) {}

  /** @throws StorageError */
  async commit(ops: readonly StorageOp[]): Promise<Results> {
    if (ops.length === 0) return this.#prove()
    const unstorable = ops.map(whyUnstorable)
    if (unstorable.every((reason) => reason === null)) return this.#run(ops)
    // The writer refuses values that the database would change, before they reach it.
    const results = await this.#run(ops.filter((_, index) => unstorable[index] === null))
    return unstorable.map((reason) => (reason === null ? results.shift()! : refused(new Error(reason))))
  }

  /** Commits nothing new, and so proves that the server takes writes. */
  async #prove(): Promise<Results> {
    try {
      await this.pool.with(this.callTimeoutMs, (link) =>
        link.run([{ statement: 'prove', values: [] }], this.callTimeoutMs),
      )
      return []
    } catch (error) {
      throw failureOf(error)
    }
  }

  async #run(ops: readonly StorageOp[]): Promise<Results> {
    if (ops.length === 0) return []
    const deadlineMs = performance.now() + this.callTimeoutMs
    try {
      return await this.pool.with(this.callTimeoutMs, (link) =>
        this.#held.around(ops, {
          commit: (some) => this.#commit(link, some, deadlineMs),
          look: async (rows) => heldIn(await link.run([heldStep(rows)], this.callTimeoutMs)),
          isLocked,
        }),
      )
    } catch (error) {
      throw failureOf(error)
    }
  }

  async #commit(link: Link, ops: readonly StorageOp[], deadlineMs: number): Promise<Results> {
    let last: unknown
    for (let tries = 1; tries <= triesMax; tries += 1) {
      const restMs = Math.ceil(deadlineMs - performance.now())
      if (restMs <= 0) break
      const quick = tries === 1 ? quickBatchOf(ops, this.#known) : null
      try {
        const batch = quick ?? batchOf(ops, this.#known)
        const answer = await link.run(batch.steps, restMs)
        const results = batch.results(answer)
        batch.learn(answer, this.#known)
        return results
      } catch (error) {
        last = error
        // The next try does not rely on known rows, and finds out what is wrong, and with which operation.
        if (quick !== null && (isNotAsKnown(error) || isOfTheOperation(error))) continue
        if (isStale(error)) this.#known.forget()
        // Where two transactions made the same key, the second try finds it. If the error stays, an operation causes
        // it.
        const isLasting = !isPassing(error) || (tries > 3 && isOfTheOperation(error))
        if (isLasting && isOfTheOperation(error)) return this.#apart(link, ops, deadlineMs)
        if (isLasting) throw error
      }
      // Conflicting transactions should not conflict again at the next try.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * tries))
    }
    throw last instanceof Error ? last : new StorageError('no time was left to commit', 'none')
  }

  /** Still one transaction, but each half has its own savepoint. */
  async #apart(link: Link, ops: readonly StorageOp[], deadlineMs: number): Promise<Results> {
    const restMs = (): number => Math.max(1, Math.ceil(deadlineMs - performance.now()))
    const say = async (statement: string): Promise<void> => {
      await link.run([{ statement, values: [] }], restMs())
    }
    const half = async (some: readonly StorageOp[]): Promise<Results> => {
      try {
        const batch = batchOf(some, this.#known)
        const [, ...answer] = await link.run([{ statement: 'savepoint', values: [] }, ...batch.steps], restMs())
        const results = batch.results(answer)
        await say('release')
        return results
      } catch (error) {
        if (!isOfTheOperation(error)) throw error
        await say('back')
        await say('release')
        if (some.length === 1) return [refused(error)]
        const middle = some.length >> 1
        return [...(await half(some.slice(0, middle))), ...(await half(some.slice(middle)))]
      }
    }
    await say('begin')
    try {
      // Takes all locks first, in one order. Where the database refuses this, one of the halves will report it.
      await say('savepoint')
      await link.run([locksOf(ops, this.#known)], restMs()).catch(async (error: unknown) => {
        if (!isOfTheOperation(error)) throw error
        await say('back')
      })
      const results = await half(ops)
      await say('commit')
      return results
    } catch (error) {
      if (link.isOpen) await say('rollback').catch(() => link.destroy())
      throw error
    }
  }
}

const refused = (error: unknown): RefusedResult => ({
  status: 'refused',
  error: error instanceof Error ? error : new Error(String(error)),
})
