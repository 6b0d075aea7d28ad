// An outbox in memory, with transactions of its own: for tests, and for hosts whose storage is memory as well.
import type { MessageId } from '../model/ids.js'
import type { Outbox, OutboxRow } from '../ports/outbox.js'

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

export class MemoryOutbox implements Outbox {
  private readonly rows = new Map<MessageId, OutboxRow>()
  private wake: () => void = () => {}
  /** Why rows were parked, by their id. */
  readonly parked = new Map<MessageId, string>()

  begin(): MemoryTransaction {
    return new MemoryTransaction((rows) => {
      for (const row of rows) this.rows.set(row.id, row)
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

  async read(limit: number): Promise<readonly OutboxRow[]> {
    return [...this.rows.values()].slice(0, limit)
  }

  async remove(ids: readonly MessageId[]): Promise<void> {
    for (const id of ids) this.rows.delete(id)
  }

  async park(id: MessageId, reason: string): Promise<void> {
    if (this.rows.delete(id)) this.parked.set(id, reason)
  }
}
