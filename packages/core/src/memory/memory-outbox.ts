// An outbox in memory with its own transactions: for tests, and for hosts whose storage is memory, too.
import type { MessageId } from '@rookery/protocol'
import type { Outbox, OutboxRow, ParkedOutbox } from '../ports/outbox.js'

/** A transaction of a `MemoryOutbox`. Its rows count once it is committed. */
export class MemoryTransaction {
  /** The rows put so far; null after the end. */
  rows: OutboxRow[] | null = []

  constructor(private readonly committed: (rows: readonly OutboxRow[]) => void) {}

  commit(): void {
    const { rows } = this
    this.rows = null
    if (rows !== null) this.committed(rows)
  }

  rollback(): void {
    this.rows = null
  }
}

interface Kept extends OutboxRow {
  readonly position: number
  readonly putAt: number
}

export class MemoryOutbox implements Outbox {
  private readonly rows = new Map<MessageId, Kept>()
  private wake: () => void = () => {}
  private position = 0
  private readonly why = new Map<MessageId, string>()
  /** The reason of each parked row, by the row's id. */
  readonly reasons: ReadonlyMap<MessageId, string> = this.why
  readonly parked: ParkedOutbox = {
    list: async ({ after, limit }) => {
      const behind = Number(after ?? 0)
      const all = [...this.rows.values()].filter(({ id, position }) => this.why.has(id) && position > behind)
      const page = all.slice(0, limit)
      const rows = page.map(({ id, request, putAt }) => ({ id, request, putAt, reason: this.why.get(id)! }))
      return { rows, next: all.length > limit ? String(page.at(-1)!.position) : null }
    },
    count: async () => this.why.size,
    unpark: async (ids) => ids.filter((id) => this.why.delete(id)),
    drop: async (ids) => {
      const dropped = ids.filter((id) => this.why.delete(id))
      for (const id of dropped) this.rows.delete(id)
      return dropped
    },
  }

  begin(): MemoryTransaction {
    return new MemoryTransaction((rows) => {
      for (const row of rows) this.rows.set(row.id, { ...row, position: ++this.position, putAt: 0 })
      this.wake()
    })
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  async put(tx: unknown, rows: readonly OutboxRow[]): Promise<void> {
    if (!(tx instanceof MemoryTransaction) || tx.rows === null)
      throw new TypeError('within() needs a running transaction of this outbox: begin() one.')
    tx.rows.push(...rows)
  }

  current(): unknown {
    return null
  }

  onCommitted(wake: () => void): void {
    this.wake = wake
  }

  async read(limit: number, except: readonly MessageId[] = []): Promise<readonly OutboxRow[]> {
    const passed = new Set(except)
    return this.open(({ id }) => !passed.has(id)).slice(0, limit)
  }

  async find(ids: readonly MessageId[]): Promise<readonly OutboxRow[]> {
    const asked = new Set(ids)
    return this.open(({ id }) => asked.has(id))
  }

  async remove(ids: readonly MessageId[]): Promise<void> {
    for (const id of ids) {
      this.rows.delete(id)
      this.why.delete(id)
    }
  }

  async park(id: MessageId, reason: string): Promise<void> {
    if (this.rows.has(id)) this.why.set(id, reason)
  }

  private open(matches: (row: OutboxRow) => boolean): readonly OutboxRow[] {
    const rows = [...this.rows.values()].filter((row) => !this.why.has(row.id) && matches(row))
    return rows.map(({ id, request }) => ({ id, request }))
  }
}
