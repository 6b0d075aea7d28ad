// Stands before a store that may fail: it makes room, opens a lost store once more, and goes on in memory where that does
// not help. Rules:
// 1. Outbox and drafts are never dropped to make room, nor are conversations that the commit is about.
// 2. After a move nothing is taken for held that is not there: the step that met it is carried out anew.
import { Cell } from '../views/observable.js'
import {
  StoreFullError,
  type LocalStore,
  type MessageQuery,
  type SmallTable,
  type StoreOp,
} from '../ports/local-store.js'
import type { BlobRow, ControlRow, MessageRow, Tables } from '../ports/rows.js'
import type { StorageStatus } from '../ports/storage-status.js'
import { MemoryStore } from './memory-store.js'

/** What the vault asks of the engine behind it. */
export interface VaultOwner {
  /** Everything but messages, as it is now. */
  rows(): readonly StoreOp[]
  /** The position that the store holds if it is the one that was opened. */
  position(): number
  /** Cuts of conversations whose messages may go, but for these. */
  victims(but: ReadonlySet<string>): readonly StoreOp[]
  /** The vault carried these out by itself. */
  changed(ops: readonly StoreOp[]): void
}

/** What is held is another store now: what was computed from the old one is void. */
export class StoreMovedError extends Error {
  override readonly name = 'StoreMovedError'
}

const withoutMessages = (['messages', 'ranges', 'controls'] as const).map((table) => ({ op: 'clear', table }) as const)

export class Vault implements LocalStore {
  readonly status: Cell<StorageStatus>
  #store: LocalStore
  /** The store ended by itself: it may come back empty. */
  #isSuspect = false

  constructor(
    store: LocalStore,
    private readonly owner: VaultOwner,
  ) {
    this.#store = store
    this.status = new Cell({
      kind: store.kind,
      isDurable: store.isDurable,
      isFull: false,
      isLost: false,
    })
    store.onLost?.(() => (this.#isSuspect = true))
  }

  get kind(): string {
    return this.#store.kind
  }

  get isDurable(): boolean {
    return this.#store.isDurable
  }

  async open(): Promise<void> {
    try {
      await this.#store.open()
    } catch {
      // A step that met it later would be carried out anew; nothing has been read yet.
      await this.#store.open().catch(() => this.#toMemory().catch(() => {}))
    }
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  async commit(ops: readonly StoreOp[]): Promise<void> {
    try {
      await this.#on((store) => store.commit(ops))
    } catch (error) {
      if (!(error instanceof StoreFullError)) throw error
      await this.#makeRoom(ops, error)
    }
    this.#set({ isFull: false })
  }

  all<T extends SmallTable>(table: T): Promise<readonly Tables[T][]> {
    return this.#on((store) => store.all(table))
  }

  messages(query: MessageQuery): Promise<readonly MessageRow[]> {
    return this.#on((store) => store.messages(query))
  }

  messagesAt(conversationId: string, seqs: readonly number[]): Promise<readonly MessageRow[]> {
    return this.#on((store) => store.messagesAt(conversationId, seqs))
  }

  controls(conversationId: string, targets: readonly number[]): Promise<readonly ControlRow[]> {
    return this.#on((store) => store.controls(conversationId, targets))
  }

  blob(key: string): Promise<BlobRow | undefined> {
    return this.#on((store) => store.blob(key))
  }

  async #on<R>(run: (store: LocalStore) => Promise<R>): Promise<R> {
    if (this.#isSuspect) await this.#reopen()
    try {
      return await run(this.#store)
    } catch (error) {
      if (error instanceof StoreFullError || this.status.getSnapshot().isLost) throw error
      await this.#reopen()
      try {
        return await run(this.#store)
      } catch (again) {
        if (again instanceof StoreFullError) throw again
        return this.#toMemory()
      }
    }
  }

  /** Opens the store once more. One that lost its rows begins anew with what is known without them. */
  async #reopen(): Promise<void> {
    this.#isSuspect = false
    try {
      await this.#store.close()
      await this.#store.open()
      const [meta] = await this.#store.all('meta')
      if ((meta?.seq ?? 0) === this.owner.position()) return
      await this.#store.commit([...withoutMessages, ...this.owner.rows()])
    } catch {
      return this.#toMemory()
    }
    this.owner.changed(withoutMessages)
    throw new StoreMovedError('the store had lost its rows')
  }

  async #toMemory(): Promise<never> {
    this.#store = new MemoryStore()
    await this.#store.commit(this.owner.rows())
    this.#set({ kind: 'memory', isDurable: false, isLost: true, isFull: false })
    this.owner.changed(withoutMessages)
    throw new StoreMovedError('the store is lost')
  }

  async #makeRoom(ops: readonly StoreOp[], full: StoreFullError): Promise<void> {
    const about = new Set<string>()
    for (const op of ops) {
      if (op.op === 'put' && 'conversationId' in op.row) about.add(op.row.conversationId)
      else if (op.op === 'cut') about.add(op.conversationId)
    }
    const victims = this.owner.victims(about)
    try {
      if (victims.length === 0) throw full
      await this.#store.commit(victims)
      this.owner.changed(victims)
      await this.#store.commit(ops)
    } catch (error) {
      if (error instanceof StoreFullError) this.#set({ isFull: true })
      throw error
    }
  }

  #set(change: Partial<StorageStatus>): void {
    const now = this.status.getSnapshot()
    const after = { ...now, ...change }
    if (Object.entries(after).some(([key, value]) => now[key as keyof StorageStatus] !== value)) this.status.set(after)
  }
}
