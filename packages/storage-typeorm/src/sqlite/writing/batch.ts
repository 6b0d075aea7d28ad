// The state of one transaction: the counters, the keys of its operations, and the rows that it will write.
import type { StoredKey } from '@rookery/core'
import { entryKind, systemUser } from '../../rows/codes.js'
import type { SqliteDatabase, SqliteStatement, SqlValue } from '../driver.js'
import type { Tables } from '../../rows/tables.js'
import { Counters, type UserCounters } from './counters.js'
import { ManyRows } from './rows.js'

type KeyTuple = [number, string, string, string | null, string | null, number | null, number]

/**
 * Each bound value costs about as much as writing twenty bytes, so rows with seldom used columns have their own
 * statement.
 */
const plainColumns =
  'id, conversation, seq, ordinal, flags, sender, recipient, type, content, msg_id, client_msg_id, digest, server_time'
const seldomColumns = 'client_time, subject, ext, reply_to, mentions, target'
type PlainMessage = readonly [
  id: number,
  conversation: number,
  seq: number,
  ordinal: number,
  flags: number,
  sender: number | null,
  recipient: number | null,
  type: string,
  content: string,
  msgId: string,
  clientMsgId: string,
  digest: string,
  serverTime: number,
]
type SeldomColumns = readonly [
  clientTime: number | null,
  subject: string | null,
  ext: string | null,
  replyTo: number | null,
  mentions: string | null,
  target: number | null,
]

export class Batch {
  readonly counters: Counters
  readonly #readKeys: ManyRows
  readonly #writePlain: ManyRows
  readonly #writeSeldom: ManyRows
  readonly #writeMessageKeys: SqliteStatement
  readonly #writeKeys: ManyRows
  readonly #writePointers: ManyRows
  readonly #writeFacts: ManyRows
  readonly #known = new Map<string, StoredKey>()
  #plain: SqlValue[] = []
  #seldom: SqlValue[] = []
  /** The first message that is not flushed; 0 while there is none. */
  #firstMessage = 0
  #keys: SqlValue[] = []
  #pointers: SqlValue[] = []
  #facts: SqlValue[] = []

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
        SELECT k.user, k.client_msg_id, ifnull(m.digest, k.digest), ifnull(m.msg_id, k.msg_id), c.conversation_id, ifnull(m.seq, k.seq),
          ifnull(m.server_time, k.at)
        FROM v CROSS JOIN ${t.key} k ON k.user = v.user AND k.client_msg_id = v.client_msg_id
        LEFT JOIN ${t.message} m ON m.id = k.message
        LEFT JOIN ${t.conversation} c ON c.id = ifnull(m.conversation, k.conversation)`,
    )
    this.#writePlain = new ManyRows(db, 13, (rows) => `INSERT INTO ${t.message} (${plainColumns}) VALUES ${rows}`)
    this.#writeSeldom = new ManyRows(
      db,
      19,
      (rows) => `INSERT INTO ${t.message} (${plainColumns}, ${seldomColumns}) VALUES ${rows}`,
    )
    this.#writeMessageKeys = db.prepare(
      `INSERT INTO ${t.key} (user, client_msg_id, message)
        SELECT ifnull(sender, ${systemUser}), client_msg_id, id FROM ${t.message} WHERE id >= ?`,
    )
    this.#writeKeys = new ManyRows(
      db,
      5,
      (rows) => `INSERT INTO ${t.key} (user, client_msg_id, digest, conversation, at) VALUES ${rows}`,
    )
    this.#writePointers = new ManyRows(
      db,
      6,
      (rows) => `WITH v (user, seq, at, message, conversation, conversation_seq) AS (VALUES ${rows})
        INSERT INTO ${t.inbox} (user, seq, kind, at, message, conversation, conversation_seq)
        SELECT user, seq, ${entryKind.message}, at, message, conversation, conversation_seq FROM v`,
    )
    this.#writeFacts = new ManyRows(
      db,
      5,
      (rows) => `INSERT INTO ${t.inbox} (user, seq, kind, at, body) VALUES ${rows}`,
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
    this.#dropRows()
  }

  #dropRows(): void {
    this.#plain = []
    this.#seldom = []
    this.#firstMessage = 0
    this.#keys = []
    this.#pointers = []
    this.#facts = []
  }

  /** Reads what is stored under these keys. Their users are loaded already. */
  loadKeys(keys: Iterable<readonly [from: string | null, clientMsgId: string]>): void {
    const values: SqlValue[] = []
    for (const [from, clientMsgId] of keys) {
      const user = from === null ? systemUser : this.counters.user(from)?.id
      if (user !== undefined) values.push(user, clientMsgId)
    }
    if (values.length === 0) return
    for (const row of this.#readKeys.all(values)) {
      const [user, clientMsgId, digest, msgId, conversationId, seq, serverTime] = row as KeyTuple
      const key = { digest, msgId: msgId ?? '', conversationId: conversationId ?? '', seq: seq ?? 0, serverTime }
      this.#known.set(keyName(user, clientMsgId), key)
    }
  }

  /** What is stored under a key that was loaded, or by an earlier operation. */
  known(user: number, clientMsgId: string): StoredKey | undefined {
    return this.#known.get(keyName(user, clientMsgId))
  }

  /** Takes a key for a request that is not a message, and stores its answer. */
  takeKey(user: number, clientMsgId: string, key: StoredKey, conversation: number | null): void {
    this.#known.set(keyName(user, clientMsgId), key)
    this.#keys.push(user, clientMsgId, key.digest, conversation, key.serverTime)
  }

  /**
   * Adds a message's row and its key. Rows have ascending numbers, so the first number is enough to find the messages
   * whose keys are still to be written.
   */
  addMessage(user: number, key: StoredKey, plain: PlainMessage, seldom: SeldomColumns): void {
    this.#known.set(keyName(user, plain[10]), key)
    if (this.#firstMessage === 0) this.#firstMessage = plain[0]
    if (seldom.every((value) => value === null)) {
      for (const value of plain) this.#plain.push(value)
      return
    }
    for (const value of plain) this.#seldom.push(value)
    for (const value of seldom) this.#seldom.push(value)
  }

  /** Adds a pointer to an inbox; answers its sequence. */
  addPointer(user: UserCounters, at: number, message: number, conversation: number, conversationSeq: number): number {
    const seq = this.counters.nextEntry(user)
    this.#pointers.push(user.id, seq, at, message, conversation, conversationSeq)
    return seq
  }

  /** Adds a fact to an inbox; answers its sequence. */
  addFact(user: UserCounters, kind: number, at: number, body: string): number {
    const seq = this.counters.nextEntry(user)
    this.#facts.push(user.id, seq, kind, at, body)
    return seq
  }

  /** Writes the rows gathered so far, for an operation that reads them. */
  flush(): void {
    this.#writePlain.run(this.#plain)
    this.#writeSeldom.run(this.#seldom)
    if (this.#firstMessage > 0) this.#writeMessageKeys.run([this.#firstMessage])
    this.#writeKeys.run(this.#keys)
    this.#writePointers.run(this.#pointers)
    this.#writeFacts.run(this.#facts)
    this.#dropRows()
  }

  /** Writes everything, counters last. */
  finish(): void {
    this.flush()
    this.counters.writeBack()
  }
}

const keyName = (user: number, clientMsgId: string): string => `${user} ${clientMsgId}`
