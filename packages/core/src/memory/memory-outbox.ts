// An outbox in memory, with transactions of its own: for tests, and for hosts whose storage is memory as well.
import type { MessageId } from '@rookery/protocol'
import type { Outbox, OutboxRow, ParkedPage } from '../ports/outbox.js'

/** A transaction of a `MemoryOutbox`: rows put in it count once it was committed. */
export class MemoryTransaction {
  /** Rows put so far; null once it ended. */
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
  private readonly reasons = new Map<MessageId, string>()
  private wake: () => void = () => {}
  private position = 0
  /** Why rows were parked, by their id. */
  readonly parked: ReadonlyMap<MessageId, string> = this.reasons

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
      this.reasons.delete(id)
    }
  }

  async park(id: MessageId, reason: string): Promise<void> {
    if (this.rows.has(id)) this.reasons.set(id, reason)
  }

  async parkedRows({ after, limit }: { readonly after: string | null; readonly limit: number }): Promise<ParkedPage> {
    const behind = Number(after ?? 0)
    const all = [...this.rows.values()].filter(({ id, position }) => this.reasons.has(id) && position > behind)
    const page = all.slice(0, limit)
    const rows = page.map(({ id, request, putAt }) => ({ id, request, putAt, reason: this.reasons.get(id)! }))
    return { rows, next: all.length > limit ? String(page.at(-1)!.position) : null }
  }

  async countParked(): Promise<number> {
    return this.reasons.size
  }

  async unpark(ids: readonly MessageId[]): Promise<readonly MessageId[]> {
    return ids.filter((id) => this.reasons.delete(id))
  }

  async drop(ids: readonly MessageId[]): Promise<readonly MessageId[]> {
    const dropped = ids.filter((id) => this.reasons.delete(id))
    for (const id of dropped) this.rows.delete(id)
    return dropped
  }

  private open(matches: (row: OutboxRow) => boolean): readonly OutboxRow[] {
    const rows = [...this.rows.values()].filter((row) => !this.reasons.has(row.id) && matches(row))
    return rows.map(({ id, request }) => ({ id, request }))
  }
}
