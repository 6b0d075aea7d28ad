// Commits. One round trip locks and reads, a second one writes and commits. The writer runs a batch again where a
// conflict between transactions made it fail. Where the database refuses a batch, the writer runs each half apart, so
// that it refuses only the operations that cause the error.
import { StorageError, type RefusedResult, type StorageOp, type StorageResult } from '@rookery/core'
import { HeldRows } from '../../held-rows.js'
import type { Pool } from '../../pool.js'
import { failureOf, failureOfCommit, isLocked, isMadeTwice, isOfTheOperation, isPassing } from '../faults.js'
import { LinkLost, type Link } from '../link.js'
import { pieces, type Sql } from '../sql.js'
import type { Frame } from '../session.js'
import { apply } from './apply.js'
import { Batch } from './batch.js'
import { isOfEverybody } from './groups.js'
import { heldRows } from './held.js'
import { Hints } from './hints.js'
import { loadOf, readDevices, readRosters, type Load } from './load.js'
import { whyUnstorable } from './storable.js'
import { makeConversations, makeUsers, RowsMissing, type NewConversation } from './making.js'

export type Results = (StorageResult | RefusedResult)[]

/**
 * The most tries that fail because of other transactions, and the most tries altogether: a batch finds its missing rows
 * in several steps.
 */
const failuresMax = 10
const triesMax = 40

/** Made once, because making an error is slow. */
const nothingMissing = new RowsMissing([], [])

interface WriterSettings {
  readonly callTimeoutMs: number
  readonly frame: Frame
  /** The largest packet that the server takes, in bytes. */
  readonly packetBytes: number
}

/** The statements before and after those of a try. */
interface Around {
  readonly before: readonly string[]
  readonly after: readonly string[]
  /** Whether the last statement commits. */
  readonly commits: boolean
}

export class Writer {
  readonly #hints = new Hints()
  readonly #held = new HeldRows()

  constructor(
    private readonly pool: Pool<Link>,
    private readonly sql: Sql,
    private readonly settings: WriterSettings,
  ) {}

  /** @throws StorageError */
  async commit(ops: readonly StorageOp[]): Promise<Results> {
    if (ops.length === 0) return this.#prove()
    // A character may have three bytes, or need an escape.
    const unitsMax = (this.settings.packetBytes - 131_072) / 3
    const unstorable = ops.map((op) => whyUnstorable(op, unitsMax))
    if (unstorable.every((reason) => reason === null)) return this.#run(ops)
    // The writer refuses values that the database would change, before they reach it.
    const results = await this.#run(ops.filter((_, index) => unstorable[index] === null))
    return unstorable.map((reason) => (reason === null ? results.shift()! : refused(new Error(reason))))
  }

  /** Commits nothing new: it writes a stored value again, and so proves that the server takes writes. */
  async #prove(): Promise<Results> {
    const { callTimeoutMs } = this.settings
    const { meta } = this.sql.t
    try {
      await this.pool.with(callTimeoutMs, (link) => link.ask([`UPDATE ${meta} SET epoch = epoch`], callTimeoutMs))
      return []
    } catch (error) {
      throw failureOf(failureOfCommit(error))
    }
  }

  async #run(ops: readonly StorageOp[]): Promise<Results> {
    if (ops.length === 0) return []
    const { callTimeoutMs } = this.settings
    const deadlineMs = performance.now() + callTimeoutMs
    const once = (): Promise<Results> =>
      this.pool.with(Math.max(1, deadlineMs - performance.now()), (link) =>
        this.#held.around(ops, {
          commit: (some) => this.#commit(link, some, deadlineMs),
          look: (rows) => heldRows(this.sql, rows, (statements) => link.ask(statements, restMs(deadlineMs))),
          isLocked,
        }),
      )
    try {
      try {
        return await once()
      } catch (error) {
        // Where a connection was lost before its COMMIT was sent, the batch is not stored, so it runs once more on
        // another connection.
        if (!(error instanceof LinkLost) || performance.now() > deadlineMs - callTimeoutMs / 2) throw error
        return await once()
      }
    } catch (error) {
      throw failureOf(error)
    }
  }

  async #commit(link: Link, ops: readonly StorageOp[], deadlineMs: number): Promise<Results> {
    const { frame } = this.settings
    if (deadlineMs <= performance.now()) throw new StorageError('no time was left to commit', 'none')
    let last: unknown
    let missing = nothingMissing
    let isOpen = false
    let failures = 0
    try {
      for (let tries = 1; tries === 1 || (tries <= triesMax && deadlineMs > performance.now()); tries += 1) {
        try {
          const before = [
            ...(isOpen ? frame.rollback : []),
            ...makeUsers(this.sql, missing.users),
            ...frame.begin,
            ...makeConversations(this.sql, missing),
          ]
          isOpen = true
          const around = { before, after: frame.commit, commits: true }
          const results = await this.#try(link, ops, missing.conversations, around, deadlineMs)
          isOpen = false
          return results
        } catch (error) {
          last = error
          if (error instanceof RowsMissing) {
            missing = error
            continue
          }
          failures += 1
          missing = nothingMissing
          // Where two transactions made the same key, the second try finds it. If the error stays, an operation causes
          // it.
          const isLasting = !isPassing(error) || failures > failuresMax || (failures > 3 && isOfTheOperation(error))
          if (isLasting && isOfTheOperation(error)) {
            await link.ask(frame.rollback, restMs(deadlineMs))
            const results = await this.#apart(link, ops, deadlineMs)
            isOpen = false
            return results
          }
          if (isLasting) throw error
        }
        // Conflicting transactions should not conflict again at the next try, and should hold no locks while they wait.
        await link.ask(frame.rollback, restMs(deadlineMs))
        isOpen = false
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * failures))
      }
      throw last
    } finally {
      // Releases the locks at once, not when the connection is used again.
      if (isOpen && link.isOpen) await link.ask(frame.rollback, restMs(deadlineMs)).catch(() => link.destroy())
    }
  }

  /** Runs one transaction, or a part of one: it locks and reads, carries the operations out, and writes. */
  async #try(
    link: Link,
    ops: readonly StorageOp[],
    made: readonly NewConversation[],
    { before, after, commits }: Around,
    deadlineMs: number,
  ): Promise<Results> {
    const load = await this.#load(link, ops, deadlineMs)
    const batch = new Batch(this.sql, made, (statements) => link.ask(statements, restMs(deadlineMs)))
    const answers = await link.ask([...before, ...load.statements], restMs(deadlineMs))
    load.take(batch, answers.slice(before.length))
    const results: Results = []
    for (const [place, op] of ops.entries()) results.push(await apply(batch, op, load.ranges.get(place)))
    batch.check()
    try {
      await link.ask([...batch.flush(), ...after], restMs(deadlineMs))
    } catch (error) {
      throw commits ? failureOfCommit(error) : error
    }
    for (const op of ops) {
      if (op.op !== 'device' || op.delivered === undefined) continue
      const row = batch.device(batch.userRow(op.userId).person, op.deviceId)
      if (row) this.#hints.learn(op.userId, op.deviceId, row.to)
    }
    return results
  }

  /** Finds what to lock and read, by reads without locks. */
  async #load(link: Link, ops: readonly StorageOp[], deadlineMs: number): Promise<Load> {
    const unknown = ops.flatMap((op) =>
      op.op === 'device' && op.delivered && this.#hints.deliveredTo(op.userId, op.deviceId) === undefined
        ? [[op.userId, op.deviceId] as const]
        : [],
    )
    const groupIds = ops.flatMap((op) => (op.op === 'group' && isOfEverybody(op) ? [op.message.conversationId] : []))
    const devices = pieces(unknown).map((some) => readDevices(this.sql, some))
    const groups = pieces([...new Set(groupIds)]).map((some) => readRosters(this.sql, some))
    const rosters = new Map<string, { version: number; userIds: string[] }>()
    if (devices.length + groups.length > 0) {
      const answers = await link.ask([...devices, ...groups], restMs(deadlineMs))
      for (const row of answers.slice(0, devices.length).flat()) {
        this.#hints.learn(row[6] as string, row[1] as string, row[4] as number)
      }
      for (const [groupId, version, userId] of answers.slice(devices.length).flat() as [
        string,
        number,
        string | null,
      ][]) {
        const roster = rosters.get(groupId) ?? { version, userIds: [] }
        rosters.set(groupId, roster)
        if (userId !== null) roster.userIds.push(userId)
      }
    }
    return loadOf(this.sql, ops, this.#hints, rosters)
  }

  /** Still one transaction, but each half has its own savepoint. */
  async #apart(link: Link, ops: readonly StorageOp[], deadlineMs: number): Promise<Results> {
    const { frame } = this.settings
    const say = async (...statements: string[]): Promise<void> => {
      await link.ask(statements, restMs(deadlineMs))
    }
    const piece = async (some: readonly StorageOp[]): Promise<Results> => {
      let missing = nothingMissing
      for (let tries = 1; ; tries += 1) {
        try {
          const make = [...makeUsers(this.sql, missing.users), ...makeConversations(this.sql, missing)]
          const around = { before: ['SAVEPOINT apart', ...make], after: ['RELEASE SAVEPOINT apart'], commits: false }
          return await this.#try(link, some, missing.conversations, around, deadlineMs)
        } catch (error) {
          const isMissing = error instanceof RowsMissing
          if ((!isMissing && !isMadeTwice(error)) || tries > triesMax) throw error
          await say('ROLLBACK TO SAVEPOINT apart')
          missing = isMissing ? error : nothingMissing
        }
      }
    }
    const half = async (some: readonly StorageOp[]): Promise<Results> => {
      try {
        return await piece(some)
      } catch (error) {
        if (!isOfTheOperation(error)) throw error
        await say('ROLLBACK TO SAVEPOINT apart', 'RELEASE SAVEPOINT apart')
        if (some.length === 1) return [refused(error)]
        const middle = some.length >> 1
        return [...(await half(some.slice(0, middle))), ...(await half(some.slice(middle)))]
      }
    }
    // Takes all locks of the batch first, in one order.
    const { locks } = await this.#load(link, ops, deadlineMs)
    await link.ask([...frame.begin, ...locks], restMs(deadlineMs))
    const results = await half(ops)
    try {
      await say(...frame.commit)
    } catch (error) {
      throw failureOfCommit(error)
    }
    return results
  }
}

const restMs = (deadlineMs: number): number => Math.max(1, Math.ceil(deadlineMs - performance.now()))

const refused = (error: unknown): RefusedResult => ({
  status: 'refused',
  error: error instanceof Error ? error : new Error(String(error)),
})
