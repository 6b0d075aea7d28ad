// A store in the browser's IndexedDB.
import { openDB, type IDBPDatabase, type IDBPTransaction } from 'idb'
import {
  StoreFullError,
  type LocalStore,
  type MessageQuery,
  type SmallTable,
  type StoreOp,
} from '../ports/local-store.js'
import { keysOf, type BlobRow, type ControlRow, type MessageRow, type Table, type Tables } from '../ports/rows.js'

const version = 1
const tables = Object.keys(keysOf) as Table[]

type Writing = IDBPTransaction<unknown, Table[], 'readwrite'>

/** Rows in IndexedDB, one object store for each table. */
export class IndexedDbStore implements LocalStore {
  readonly kind = 'indexeddb'
  readonly isDurable = true
  #database: Promise<IDBPDatabase> | null = null
  #lost: () => void = () => {}

  /** @param name of the database; one for each app on an origin */
  constructor(private readonly name = 'rookery') {}

  async open(): Promise<void> {
    await this.#open()
    // Without it the browser may drop everything when it needs room. It may refuse, and then that is so.
    await globalThis.navigator?.storage?.persist?.().catch(() => false)
  }

  async close(): Promise<void> {
    const database = await this.#database?.catch(() => null)
    this.#database = null
    database?.close()
  }

  onLost(lost: () => void): void {
    this.#lost = lost
  }

  async commit(ops: readonly StoreOp[]): Promise<void> {
    const touched = new Set<Table>()
    for (const op of ops) {
      if (op.op === 'cut') for (const table of ofMessages) touched.add(table)
      else touched.add(op.table)
    }
    if (touched.size === 0) return
    // What a person wrote survives a power cut, too; the rest can be pulled again.
    const durability = touched.has('outbox') ? 'strict' : 'relaxed'
    const writing = (await this.#open()).transaction([...touched], 'readwrite', { durability }) as unknown as Writing
    const done = writing.done.catch((error: unknown) => error)
    let failure: unknown
    try {
      const requests: Promise<unknown>[] = []
      for (const op of ops) {
        const request = apply(writing, op)
        // The transaction tells what went wrong.
        request.catch(() => {})
        requests.push(request)
      }
      await Promise.all(requests)
    } catch (error) {
      failure = error
      // A row without its key ends no transaction by itself.
      if (writing.error === null) abort(writing)
    }
    const cause = (await done) ?? failure
    if (cause === undefined) return
    const isFull = [failure, writing.error, cause].some((one) => (one as Error | null)?.name === 'QuotaExceededError')
    if (isFull) throw new StoreFullError('no room is left', { cause })
    throw (failure ?? cause) as Error
  }

  async all<T extends SmallTable>(table: T): Promise<readonly Tables[T][]> {
    return (await this.#open()).getAll(table) as Promise<Tables[T][]>
  }

  async messages({ conversationId, from, to, last, first }: MessageQuery): Promise<readonly MessageRow[]> {
    const range = IDBKeyRange.bound([conversationId, from], [conversationId, to])
    const database = await this.#open()
    if (first === 0 || last === 0) return []
    if (last === undefined) return database.getAll('messages', range, first)
    const rows: MessageRow[] = []
    let cursor = await database.transaction('messages').store.openCursor(range, 'prev')
    while (cursor !== null) {
      rows.push(cursor.value as MessageRow)
      cursor = rows.length < last ? await cursor.continue() : null
    }
    return rows.reverse()
  }

  async messagesAt(conversationId: string, seqs: readonly number[]): Promise<readonly MessageRow[]> {
    const { store } = (await this.#open()).transaction('messages')
    const rows = await Promise.all(
      seqs.map((seq) => store.get([conversationId, seq]) as Promise<MessageRow | undefined>),
    )
    return rows.filter((row) => row !== undefined)
  }

  async controls(conversationId: string, targets: readonly number[]): Promise<readonly ControlRow[]> {
    const { store } = (await this.#open()).transaction('controls')
    const sorted = [...targets].sort((a, b) => a - b)
    const found = await Promise.all(
      sorted.map((target) => store.getAll(IDBKeyRange.bound([conversationId, target], [conversationId, target, []]))),
    )
    return found.flat() as ControlRow[]
  }

  async blob(key: string): Promise<BlobRow | undefined> {
    return (await this.#open()).get('blobs', key) as Promise<BlobRow | undefined>
  }

  #open(): Promise<IDBPDatabase> {
    const opening = (this.#database ??= openDB(this.name, version, {
      upgrade: (database) => {
        for (const table of tables) {
          const fields = keysOf[table] as readonly string[]
          database.createObjectStore(table, { keyPath: fields.length === 1 ? fields[0]! : [...fields] })
        }
      },
      // Another tab has a newer version of the app: it waits until this one lets go.
      blocking: (_current, _wanted, event) => {
        ;(event.target as IDBDatabase).close()
        this.#end()
      },
      // Safari loses its database server, and a person may clear the site's data.
      terminated: () => this.#end(),
    }))
    return opening.catch((error: unknown) => {
      if (this.#database === opening) this.#database = null
      throw error
    })
  }

  #end(): void {
    this.#database = null
    this.#lost()
  }
}

function abort(writing: Writing): void {
  try {
    writing.abort()
  } catch {
    // It has ended.
  }
}

const ofMessages = ['messages', 'ranges', 'controls'] as const

function apply(writing: Writing, op: StoreOp): Promise<unknown> {
  const store = (table: Table) => writing.objectStore(table)
  if (op.op === 'put') return store(op.table).put(op.row)
  if (op.op === 'clear') return store(op.table).clear()
  if (op.op === 'delete') {
    const key = op.key.length === 1 ? op.key[0]! : [...op.key]
    return store(op.table).delete(key)
  }
  const { conversationId } = op
  // An empty array sorts behind every number.
  const range = IDBKeyRange.bound([conversationId], [conversationId, []])
  return Promise.all(ofMessages.map((table) => store(table).delete(range)))
}
