// A store that ends with its process, and the measure for the others.
import type { LocalStore, MessageQuery, SmallTable, StoreOp } from '../ports/local-store.js'
import { keyOfRow, type BlobRow, type ControlRow, type MessageRow, type Table, type Tables } from '../ports/rows.js'

type Rows = Map<string, object>

const textOf = (key: readonly (string | number)[]): string =>
  key.map((part) => (typeof part === 'number' ? String(part).padStart(16, '0') : part)).join('\u0000')

/** Rows in memory. Opened again after `close` it still has them, as long as the object lives. */
export class MemoryStore implements LocalStore {
  readonly kind = 'memory'
  readonly isDurable = false
  readonly #tables = new Map<Table, Rows>()
  /** Messages by conversation, so that a range is read without looking at other conversations. */
  readonly #messages = new Map<string, Map<number, MessageRow>>()

  open(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  commit(ops: readonly StoreOp[]): Promise<void> {
    for (const op of ops) this.#apply(op)
    return Promise.resolve()
  }

  all<T extends SmallTable>(table: T): Promise<readonly Tables[T][]> {
    const rows = [...this.#rows(table)].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return Promise.resolve(rows.map(([, row]) => row as Tables[T]))
  }

  messages({ conversationId, from, to, last, first }: MessageQuery): Promise<readonly MessageRow[]> {
    const held = [...(this.#messages.get(conversationId)?.values() ?? [])]
    const rows = held.filter(({ seq }) => seq >= from && seq <= to).sort((a, b) => a.seq - b.seq)
    if (last !== undefined) return Promise.resolve(last === 0 ? [] : rows.slice(-last))
    return Promise.resolve(rows.slice(0, first))
  }

  messagesAt(conversationId: string, seqs: readonly number[]): Promise<readonly MessageRow[]> {
    const held = this.#messages.get(conversationId)
    return Promise.resolve(seqs.map((seq) => held?.get(seq)).filter((row) => row !== undefined))
  }

  controls(conversationId: string, targets: readonly number[]): Promise<readonly ControlRow[]> {
    const wanted = new Set(targets)
    const rows = [...this.#rows('controls').values()] as ControlRow[]
    return Promise.resolve(
      rows
        .filter((row) => row.conversationId === conversationId && wanted.has(row.target))
        .sort((a, b) => a.target - b.target || a.seq - b.seq),
    )
  }

  blob(key: string): Promise<BlobRow | undefined> {
    return Promise.resolve(this.#rows('blobs').get(key) as BlobRow | undefined)
  }

  #rows(table: Table): Rows {
    const rows = this.#tables.get(table) ?? new Map<string, object>()
    this.#tables.set(table, rows)
    return rows
  }

  #apply(op: StoreOp): void {
    if (op.op === 'cut') {
      this.#messages.delete(op.conversationId)
      for (const table of ['ranges', 'controls'] as const)
        for (const key of this.#rows(table).keys())
          if (key.startsWith(`${op.conversationId}\u0000`)) this.#rows(table).delete(key)
    } else if (op.table === 'messages') this.#message(op)
    else if (op.op === 'put') this.#rows(op.table).set(textOf(keyOfRow(op.table, op.row)), op.row)
    else if (op.op === 'delete') this.#rows(op.table).delete(textOf(op.key))
    else this.#rows(op.table).clear()
  }

  #message(op: Extract<StoreOp, { op: 'put' | 'delete' | 'clear' }>): void {
    if (op.op === 'clear') this.#messages.clear()
    else if (op.op === 'delete') this.#messages.get(String(op.key[0]))?.delete(Number(op.key[1]))
    else {
      const row = op.row as MessageRow
      const rows = this.#messages.get(row.conversationId) ?? new Map<number, MessageRow>()
      this.#messages.set(row.conversationId, rows.set(row.seq, row))
    }
  }
}
