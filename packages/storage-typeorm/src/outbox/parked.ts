// The rows of the outbox's table that could not be moved.
import type { MessageId, ParkedOutbox } from '@rookery/core'
import type { CommittedView } from './committed.js'
import type { OutboxSql } from './outbox-sql.js'

/** An open table. */
export interface OutboxRows {
  readonly sql: OutboxSql
  readonly view: CommittedView
}

/** A parked row as the database returns it. Large numbers may be text. */
interface ParkedColumns {
  readonly position: number | string
  readonly id: MessageId
  readonly request: string
  readonly put_at: number | string
  readonly parked: string
}

/** @param opened undefined where the outbox takes no rows: then none are parked */
export function parkedIn(opened: () => OutboxRows | undefined): ParkedOutbox {
  const change = async (
    ids: readonly MessageId[],
    statement: (sql: OutboxSql, count: number) => string,
  ): Promise<readonly MessageId[]> => {
    const table = opened()
    if (table === undefined || ids.length === 0) return []
    const { view, sql } = table
    const found = (await view.read(sql.whichParked(ids.length), ids)) as { readonly id: MessageId }[]
    const parked = found.map(({ id }) => id)
    if (parked.length > 0) await view.write(statement(sql, parked.length), parked)
    return parked
  }
  return {
    async list({ after, limit }) {
      const table = opened()
      if (table === undefined) return { rows: [], next: null }
      const found = (await table.view.read(table.sql.parked, [Number(after ?? 0), limit + 1])) as ParkedColumns[]
      const rows = found.slice(0, limit).map(({ id, request, put_at: putAt, parked: reason }) => {
        return { id, request, putAt: Number(putAt), reason }
      })
      return { rows, next: found.length > limit ? String(found[limit - 1]!.position) : null }
    },
    async count() {
      const table = opened()
      if (table === undefined) return 0
      const [row] = (await table.view.read(table.sql.countParked, [])) as { readonly count: number | string }[]
      return Number(row!.count)
    },
    unpark: (ids) => change(ids, (sql, count) => sql.unpark(count)),
    drop: (ids) => change(ids, (sql, count) => sql.drop(count)),
  }
}
