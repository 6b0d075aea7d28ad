// The positions of groups' members. A transaction reads each once, advances it in memory and writes it back once at its
// end. The cache also remembers users that were read and are not members.
import type { SqliteDatabase, SqlValue } from '../driver.js'
import type { Tables } from '../../rows/tables.js'
import { Cache } from '../../cache.js'
import { ManyRows } from './rows.js'

/** A user's position in a group, also after the membership ended. */
export interface Member {
  readonly conversation: number
  /** The user's row. */
  readonly id: number
  /** Null while the membership lasts. */
  toSeq: number | null
  readSeq: number
  readOrdinal: number
}

/** How many members the cache keeps from one batch to the next: at most twice this number, at about 200 bytes each. */
const membersKept = 100_000

type MemberTuple = [id: number, conversation: number, toSeq: number | null, readSeq: number, readOrdinal: number]

export class Members {
  readonly #known = new Cache<Member | null>(membersKept)
  readonly #dirty = new Set<Member>()
  readonly #read: ManyRows
  readonly #write: ManyRows

  constructor(db: SqliteDatabase, t: Tables) {
    this.#read = new ManyRows(
      db,
      2,
      (rows) => `WITH v (user, conversation) AS (VALUES ${rows})
        SELECT mb.user, mb.conversation, mb.to_seq, mb.read_seq, mb.read_ordinal
        FROM v CROSS JOIN ${t.member} mb ON mb.user = v.user AND mb.conversation = v.conversation`,
    )
    this.#write = new ManyRows(
      db,
      4,
      (rows) => `WITH v (user, conversation, read_seq, read_ordinal) AS (VALUES ${rows})
        UPDATE ${t.member} SET read_seq = v.read_seq, read_ordinal = v.read_ordinal
        FROM v WHERE ${t.member}.user = v.user AND ${t.member}.conversation = v.conversation`,
    )
  }

  /** Reads those that the cache lacks. `pairs` holds row ids: a user, its conversation, and so on. */
  load(pairs: readonly number[]): void {
    const values: number[] = []
    for (let index = 0; index < pairs.length; index += 2) {
      const [user, conversation] = [pairs[index]!, pairs[index + 1]!]
      const name = nameOf(user, conversation)
      if (this.#known.get(name) !== undefined) continue
      this.#known.set(name, null)
      values.push(user, conversation)
    }
    if (values.length === 0) return
    for (const row of this.#read.all(values)) {
      const [id, conversation, toSeq, readSeq, readOrdinal] = row as MemberTuple
      this.set({ id, conversation, toSeq, readSeq, readOrdinal })
    }
  }

  /** The current membership, or undefined. */
  active(user: number, conversation: number): Member | undefined {
    const name = nameOf(user, conversation)
    if (this.#known.get(name) === undefined) this.load([user, conversation])
    const member = this.#known.get(name)
    return member?.toSeq === null ? member : undefined
  }

  /**
   * Takes the values of a row that was read or will be written. A known member stays the same object, because it may be
   * marked as changed.
   */
  set(member: Member): void {
    const name = nameOf(member.id, member.conversation)
    const known = this.#known.get(name)
    if (known) Object.assign(known, member)
    else this.#known.set(name, member)
  }

  /** Marks it to be written back at the end. */
  touch(member: Member): void {
    this.#dirty.add(member)
  }

  /** Called between transactions. */
  trim(): void {
    this.#known.trim()
  }

  forget(): void {
    this.#known.clear()
    this.#dirty.clear()
  }

  /** Writes back what was changed. */
  writeBack(): void {
    if (this.#dirty.size === 0) return
    const values: SqlValue[] = []
    for (const { id, conversation, readSeq, readOrdinal } of this.#dirty)
      values.push(id, conversation, readSeq, readOrdinal)
    this.#write.run(values)
    this.#dirty.clear()
  }
}

const nameOf = (user: number, conversation: number): string => `${user} ${conversation}`
