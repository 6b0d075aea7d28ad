// The table of an outbox: what every outbox does with its rows, however the host's transaction puts them there.
import type { MessageId, Outbox, OutboxRow } from '@rookery/core'
import type { SqlValue } from '../sqlite/driver.js'
import { parkedIn, type OutboxRows } from './parked.js'

/** An outbox without a table starts, reads nothing, and takes no rows. */
export abstract class TableOutbox implements Outbox {
  /** Null where there is no table, or before the outbox has started. */
  protected abstract readonly opened: OutboxRows | null
  readonly parked = parkedIn(() => this.opened ?? undefined)

  abstract start(): Promise<void>
  abstract stop(): Promise<void>
  abstract put(tx: unknown, rows: readonly OutboxRow[]): Promise<void>
  abstract current(): unknown
  abstract onCommitted(wake: () => void): void

  async read(limit: number, except: readonly MessageId[] = []): Promise<readonly OutboxRow[]> {
    if (this.opened === null) return []
    const { view, sql } = this.opened
    const statement = sql.read(limit, except)
    return (await view.read(statement.sql, statement.values)) as OutboxRow[]
  }

  async find(ids: readonly MessageId[]): Promise<readonly OutboxRow[]> {
    if (this.opened === null || ids.length === 0) return []
    const { view, sql } = this.opened
    return (await view.read(sql.find(ids.length), ids)) as OutboxRow[]
  }

  async remove(ids: readonly MessageId[]): Promise<void> {
    if (ids.length === 0) return
    const { view, sql } = this.#started()
    await view.write(sql.remove(ids.length), ids as readonly SqlValue[])
  }

  async park(id: MessageId, reason: string): Promise<void> {
    const { view, sql } = this.#started()
    await view.write(sql.park, [reason, id])
  }

  #started(): OutboxRows {
    if (this.opened === null) throw new Error('the outbox is not started')
    return this.opened
  }
}

/**
 * The same JSON in ASCII: the host's connection may have a character set that lacks some characters, and would replace
 * them with `?`.
 */
export const inAscii = (json: string): string =>
  json.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
