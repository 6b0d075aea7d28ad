// The positions of groups' members: read once, advanced in memory, written back once at the end of a transaction. Whoever
// was looked for and is no member is remembered too.
import type { SqliteDatabase, SqlValue } from '../driver.js'
import type { Tables } from '../../rows/tables.js'
import { Cache } from '../../cache.js'
import { ManyRows } from './rows.js'

/** A user's place in a group, or what is left of it. */
export interface Member {
  readonly conversation: number
  /** The user's row. */
  readonly id: number
  /** Null while the membership lasts. */
  toSeq: number | null
  readSeq: number
  readOrdinal: number
}

/** Members remembered from one batch to the next, twice that at most: about 200 bytes each. */
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

  /** Reads what of these is not remembered: row ids, user and conversation in turns. */
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

  /** A member now, or undefined. */
  active(user: number, conversation: number): Member | undefined {
    const name = nameOf(user, conversation)
    if (this.#known.get(name) === undefined) this.load([user, conversation])
    const member = this.#known.get(name)
    return member?.toSeq === null ? member : undefined
  }

  /** What a row holds that was read, or is being written. Who is known stays the same object: it may be touched. */
  set(member: Member): void {
    const name = nameOf(member.id, member.conversation)
    const known = this.#known.get(name)
    if (known) Object.assign(known, member)
    else this.#known.set(name, member)
  }

  /** To be written back at the end. */
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

  /** Writes back what was advanced. */
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
