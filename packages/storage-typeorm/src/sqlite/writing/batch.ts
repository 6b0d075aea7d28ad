// What one transaction works with: the counters, the keys its operations bear, and the rows it is going to write.
import { entryKind, systemUser } from '../codes.js'
import type { SqliteDatabase, SqlValue } from '../driver.js'
import type { Tables } from '../tables.js'
import { Counters, type UserCounters } from './counters.js'
import { ManyRows } from './rows.js'

/** What is known under a key. A request that is no message has no `msgId`, and the sequence 0. */
export interface KnownKey {
  readonly digest: string
  readonly msgId: string
  readonly conversationId: string
  readonly seq: number
  readonly serverTime: number
}

type KeyTuple = [number, string, string, string | null, string, number | null, number]

const messageColumns = [
  'id, conversation, seq, ordinal, flags, sender, recipient, type, content, msg_id, client_msg_id, digest, server_time',
  'client_time, subject, ext, reply_to, mentions',
].join(', ')

export class Batch {
  readonly counters: Counters
  readonly #readKeys: ManyRows
  readonly #writeMessages: ManyRows
  readonly #writeKeys: ManyRows
  readonly #writeEntries: ManyRows
  readonly #known = new Map<string, KnownKey>()
  #messages: SqlValue[] = []
  #keys: SqlValue[] = []
  #entries: SqlValue[] = []

  constructor(
    readonly db: SqliteDatabase,
    readonly tables: Tables,
  ) {
    const t = tables
    this.counters = new Counters(db, t)
    this.#readKeys = new ManyRows(
      db,
      2,
      (rows) => `WITH v (user, client_msg_id) AS (VALUES ${rows})
        SELECT k.user, k.client_msg_id, ifnull(m.digest, k.digest), m.msg_id, c.conversation_id, m.seq,
          ifnull(m.server_time, k.at)
        FROM v CROSS JOIN ${t.key} k ON k.user = v.user AND k.client_msg_id = v.client_msg_id
        LEFT JOIN ${t.message} m ON m.id = k.message
        LEFT JOIN ${t.conversation} c ON c.id = ifnull(m.conversation, k.conversation)`,
    )
    this.#writeMessages = new ManyRows(db, 18, (rows) => `INSERT INTO ${t.message} (${messageColumns}) VALUES ${rows}`)
    this.#writeKeys = new ManyRows(
      db,
      6,
      (rows) => `INSERT INTO ${t.key} (user, client_msg_id, message, digest, conversation, at) VALUES ${rows}`,
    )
    this.#writeEntries = new ManyRows(
      db,
      8,
      (rows) =>
        `INSERT INTO ${t.inbox} (user, seq, kind, at, message, conversation, conversation_seq, body) VALUES ${rows}`,
    )
  }

  /** Called first in each transaction. */
  begin(): void {
    this.counters.begin()
    this.#drop()
  }

  /** After a rollback, of a savepoint too. */
  forget(): void {
    this.counters.forget()
    this.#drop()
  }

  #drop(): void {
    this.#known.clear()
    this.#messages = []
    this.#keys = []
    this.#entries = []
  }

  /** Reads what is stored under these keys of users that were loaded. */
  loadKeys(keys: Iterable<readonly [from: string | null, clientMsgId: string]>): void {
    const values: SqlValue[] = []
    for (const [from, clientMsgId] of keys) {
      const user = from === null ? systemUser : this.counters.user(from)?.id
      if (user !== undefined) values.push(user, clientMsgId)
    }
    if (values.length === 0) return
    for (const row of this.#readKeys.all(values)) {
      const [user, clientMsgId, digest, msgId, conversationId, seq, serverTime] = row as KeyTuple
      const key = { digest, msgId: msgId ?? '', conversationId, seq: seq ?? 0, serverTime }
      this.#known.set(keyName(user, clientMsgId), key)
    }
  }

  /** What is stored under a key that was loaded, or by an earlier operation. */
  known(user: number, clientMsgId: string): KnownKey | undefined {
    return this.#known.get(keyName(user, clientMsgId))
  }

  /** Takes a key for a message, or with what another request is answered under it. */
  takeKey(
    user: number,
    clientMsgId: string,
    key: KnownKey,
    place: { message: number } | { conversation: number },
  ): void {
    this.#known.set(keyName(user, clientMsgId), key)
    if ('message' in place) this.#keys.push(user, clientMsgId, place.message, null, null, null)
    else this.#keys.push(user, clientMsgId, null, key.digest, place.conversation, key.serverTime)
  }

  /** A message's row, as `messageColumns` lists it. */
  addMessage(...values: SqlValue[]): void {
    for (const value of values) this.#messages.push(value)
  }

  /** A pointer in an inbox; answers its place. */
  addPointer(user: UserCounters, at: number, message: number, conversation: number, conversationSeq: number): number {
    const seq = this.counters.nextEntry(user)
    this.#entries.push(user.id, seq, entryKind.message, at, message, conversation, conversationSeq, null)
    return seq
  }

  /** A fact in an inbox; answers its place. */
  addFact(user: UserCounters, kind: number, at: number, body: string): number {
    const seq = this.counters.nextEntry(user)
    this.#entries.push(user.id, seq, kind, at, null, null, null, body)
    return seq
  }

  /** Writes the rows gathered so far, for an operation that reads them. */
  flush(): void {
    if (this.#messages.length > 0) this.#writeMessages.run(this.#messages)
    if (this.#keys.length > 0) this.#writeKeys.run(this.#keys)
    if (this.#entries.length > 0) this.#writeEntries.run(this.#entries)
    this.#messages = []
    this.#keys = []
    this.#entries = []
  }

  /** Writes everything, counters last. */
  finish(): void {
    this.flush()
    this.counters.writeBack()
  }
}

const keyName = (user: number, clientMsgId: string): string => `${user} ${clientMsgId}`
