// The small tables in memory. They change only by operations that the store has committed, so that another tab can follow
// by the same operations.
import type { LocalStore, StoreOp } from '../ports/local-store.js'
import {
  keyOf,
  type ConversationRow,
  type DraftRow,
  type MetaRow,
  type OutboxRow,
  type RangeRow,
  type TimelineRow,
} from '../ports/rows.js'
import type { Run } from './runs.js'

export class Mirror {
  meta: MetaRow = { key: 'device', deviceId: '', seq: 0, isListed: false }
  readonly timelines = new Map<string, TimelineRow>()
  readonly conversations = new Map<string, ConversationRow>()
  /** Ids of conversations by {@link keyOf}. */
  readonly ids = new Map<string, string>()
  readonly runs = new Map<string, readonly Run[]>()
  /** By key, in the order of sending. */
  readonly outbox = new Map<string, OutboxRow>()
  readonly drafts = new Map<string, DraftRow>()
  /** Raised when what is held of a conversation is dropped: an answer that was asked for before is not taken. */
  readonly cuts = new Map<string, number>()

  static async read(store: LocalStore): Promise<Mirror> {
    const mirror = new Mirror()
    const [meta, timelines, conversations, ranges, outbox, drafts] = await Promise.all([
      store.all('meta'),
      store.all('timelines'),
      store.all('conversations'),
      store.all('ranges'),
      store.all('outbox'),
      store.all('drafts'),
    ])
    const put = <Op extends StoreOp>(ops: readonly Op[]): void => mirror.apply(ops)
    put(meta.map((row) => ({ op: 'put', table: 'meta', row })))
    put(timelines.map((row) => ({ op: 'put', table: 'timelines', row })))
    put(conversations.map((row) => ({ op: 'put', table: 'conversations', row })))
    put(ranges.map((row) => ({ op: 'put', table: 'ranges', row })))
    put([...outbox].sort((a, b) => a.order - b.order).map((row) => ({ op: 'put', table: 'outbox', row })))
    put(drafts.map((row) => ({ op: 'put', table: 'drafts', row })))
    return mirror
  }

  cutOf(conversationId: string): number {
    return (this.cuts.get(conversationId) ?? 0) + (this.cuts.get('') ?? 0)
  }

  runsOf(conversationId: string): readonly Run[] {
    return this.runs.get(conversationId) ?? []
  }

  /** Everything that it has, as operations for a store that has nothing; messages are not among it. */
  rows(): StoreOp[] {
    const put = <T extends 'timelines' | 'conversations' | 'outbox' | 'drafts'>(table: T): StoreOp[] =>
      [...this[table].values()].map((row) => ({ op: 'put', table, row }) as StoreOp)
    const small = (['timelines', 'conversations', 'outbox', 'drafts'] as const).flatMap((table) => put(table))
    return [{ op: 'put', table: 'meta', row: this.meta }, ...small]
  }

  /** Cuts of half the conversations of which messages are held: those that were not opened for longest go first. */
  victims(but: ReadonlySet<string>): StoreOp[] {
    const openedAt = (id: string): number => this.conversations.get(id)?.openedAt ?? 0
    const held = [...this.runs].filter(([id, runs]) => runs.length > 0 && !but.has(id)).map(([id]) => id)
    held.sort((a, b) => openedAt(a) - openedAt(b))
    return held.slice(0, Math.ceil(held.length / 2)).map((conversationId) => ({ op: 'cut', conversationId }))
  }

  /** Positions by conversation, of every timeline that is followed. */
  get positions(): Record<string, number> {
    return Object.fromEntries([...this.timelines].map(([id, { seq }]) => [id, seq]))
  }

  apply(ops: readonly StoreOp[]): void {
    for (const op of ops) {
      if (op.op === 'put') this.#put(op)
      else if (op.op === 'cut') {
        this.runs.delete(op.conversationId)
        this.cuts.set(op.conversationId, (this.cuts.get(op.conversationId) ?? 0) + 1)
      } else if (op.op === 'clear') this.#clear(op.table)
      else this.#delete(op.table, op.key)
    }
  }

  #put(op: Extract<StoreOp, { op: 'put' }>): void {
    switch (op.table) {
      case 'meta':
        this.meta = op.row
        return
      case 'timelines':
        this.timelines.set(op.row.conversationId, op.row)
        return
      case 'conversations':
        this.conversations.set(op.row.conversationId, op.row)
        this.ids.set(keyOf(op.row), op.row.conversationId)
        return
      case 'ranges':
        this.#range(op.row)
        return
      case 'outbox': {
        // A row that is sent again after a refusal goes to the end.
        if (this.outbox.get(op.row.clientMsgId)?.order !== op.row.order) this.outbox.delete(op.row.clientMsgId)
        this.outbox.set(op.row.clientMsgId, op.row)
        return
      }
      case 'drafts':
        this.drafts.set(op.row.key, op.row)
    }
  }

  #range({ conversationId, from, to }: RangeRow): void {
    const others = this.runsOf(conversationId).filter((run) => run.from !== from)
    this.runs.set(
      conversationId,
      [...others, { from, to }].sort((a, b) => a.from - b.from),
    )
  }

  #delete(table: string, [first, second]: readonly (string | number)[]): void {
    const key = String(first)
    if (table === 'timelines') this.timelines.delete(key)
    else if (table === 'conversations') this.conversations.delete(key)
    else if (table === 'outbox') this.outbox.delete(key)
    else if (table === 'drafts') this.drafts.delete(key)
    else if (table === 'ranges')
      this.runs.set(
        key,
        this.runsOf(key).filter(({ from }) => from !== second),
      )
  }

  #clear(table: string): void {
    if (table === 'timelines') this.timelines.clear()
    else if (table === 'conversations') {
      this.conversations.clear()
      this.ids.clear()
    } else if (table === 'outbox') this.outbox.clear()
    else if (table === 'drafts') this.drafts.clear()
    else if (table === 'ranges') {
      this.runs.clear()
      this.cuts.set('', (this.cuts.get('') ?? 0) + 1)
    }
  }
}
