// Rows that another session holds. After a commit has waited for such a row and failed, the storage keeps operations
// that need the row out of the next commits, until a check finds the row free. So only these operations wait for it.
import { RowsHeld, type RefusedResult, type StorageOp, type StorageResult } from '@rookery/core'
import { isWhole, usersNamed } from './rows/named.js'

type Results = (StorageResult | RefusedResult)[]

/**
 * Conversations and users whose rows operations need. `whole` names groups of which an operation needs every member's
 * row.
 */
export interface Rows {
  readonly conversations: readonly string[]
  readonly users: readonly string[]
  readonly whole: readonly string[]
}

/**
 * Those of them that another session holds. A user counts as held also where a membership or a device of the user is
 * held.
 */
export type Held = Rows

/** How one dialect does it. */
interface HeldCommit {
  commit(ops: readonly StorageOp[]): Promise<Results>
  /** Waits for none of them. */
  look(rows: Rows): Promise<Held>
  /** Whether a commit waited for a row until the lock timeout. */
  isLocked(error: unknown): boolean
}

/** How often one call checks and commits: in the meantime a row may become free, and another one held. */
const triesMax = 3

const nobody: ReadonlySet<StorageOp> = new Set()

export class HeldRows {
  /** What was held at the last check, by the kind of row. */
  readonly #conversations = new Set<string>()
  readonly #users = new Set<string>()

  /**
   * Commits the operations that need no held row, and refuses the others as held.
   * @throws RowsHeld where every operation needs a held row; whatever `commit` and `look` reject with
   */
  async around(ops: readonly StorageOp[], how: HeldCommit): Promise<Results> {
    let waiting = this.#conversations.size + this.#users.size === 0 ? nobody : await this.#waiting(ops, true, how)
    for (let tries = 1; ; tries += 1) {
      if (waiting.size === ops.length) throw new RowsHeld()
      try {
        if (waiting.size === 0) return await how.commit(ops)
        const results = await how.commit(ops.filter((op) => !waiting.has(op)))
        return ops.map((op) => (waiting.has(op) ? held() : results.shift()!))
      } catch (error) {
        if (!how.isLocked(error) || tries === triesMax) throw error
        waiting = await this.#waiting(ops, false, how)
      }
    }
  }

  /** Checks the rows of all these operations, or only of those that needed a held row. */
  async #waiting(ops: readonly StorageOp[], suspects: boolean, how: HeldCommit): Promise<ReadonlySet<StorageOp>> {
    const looked = suspects ? ops.filter((op) => this.#isSuspect(op)) : ops
    if (looked.length === 0) return nobody
    const rows = rowsOf(looked)
    const found = await how.look(rows)
    for (const id of [...rows.conversations, ...rows.whole]) this.#conversations.delete(id)
    for (const id of rows.users) this.#users.delete(id)
    for (const id of [...found.conversations, ...found.whole]) this.#conversations.add(id)
    for (const id of found.users) this.#users.add(id)
    return behind(ops, found)
  }

  #isSuspect(op: StorageOp): boolean {
    const conversation = conversationOf(op)
    if (conversation !== null && this.#conversations.has(conversation)) return true
    return this.#users.size > 0 && usersNamed(op).some((userId) => this.#users.has(userId))
  }
}

/** Operations that need one of these rows, and those that follow them in the same conversation. */
function behind(ops: readonly StorageOp[], found: Held): ReadonlySet<StorageOp> {
  const [conversations, users, whole] = [new Set(found.conversations), new Set(found.users), new Set(found.whole)]
  const waiting = new Set<StorageOp>()
  for (const op of ops) {
    const conversation = conversationOf(op)
    const needs =
      (conversation !== null && (conversations.has(conversation) || (isWhole(op) && whole.has(conversation)))) ||
      usersNamed(op).some((userId) => users.has(userId))
    if (!needs) continue
    waiting.add(op)
    if (conversation !== null) conversations.add(conversation)
  }
  return waiting
}

function rowsOf(ops: readonly StorageOp[]): Rows {
  const [conversations, users, whole] = [new Set<string>(), new Set<string>(), new Set<string>()]
  for (const op of ops) {
    const conversation = conversationOf(op)
    if (conversation !== null) conversations.add(conversation)
    if (conversation !== null && isWhole(op)) whole.add(conversation)
    for (const userId of usersNamed(op)) users.add(userId)
  }
  return { conversations: [...conversations], users: [...users], whole: [...whole] }
}

function conversationOf(op: StorageOp): string | null {
  if ('message' in op) return op.message.conversationId
  return 'conversationId' in op ? op.conversationId : null
}

const held = (): RefusedResult => ({ status: 'refused', error: new RowsHeld(), isHeld: true })
