// The part of a conversation that a view shows. Rules:
// 1. It lies within one run of messages that are held without a hole.
// 2. It grows with its run while it reaches the newest message.
// 3. What is committed while the store is read is not missed.
import { runAt } from '../engine/runs.js'
import type { Backend } from '../ports/backend.js'
import type { MessageRow } from '../ports/rows.js'

export class Window {
  readonly #rows = new Map<number, MessageRow>()
  /** Rows that were committed while the store was read: what was read may lack them. */
  readonly #fresh = new Map<number, MessageRow>()
  #place: { readonly from: number; readonly to: number } | null = null
  /** Whether it follows the newest message. */
  #isAtEnd = true
  #reads = 0

  constructor(
    private readonly backend: Backend,
    private readonly size: number,
  ) {}

  get isEmpty(): boolean {
    return this.#place === null
  }

  get isAtEnd(): boolean {
    return this.#isAtEnd
  }

  get hasOlder(): boolean {
    return this.#place !== null && this.#place.from > 1
  }

  get hasNewer(): boolean {
    return this.#place !== null && !this.#isAtEnd
  }

  /** Whether the newest message of a conversation lies beyond its end, although it follows the end. */
  isBehind(head: number): boolean {
    return this.#isAtEnd && this.#place !== null && this.#place.to < head
  }

  /** What it shows, ascending. */
  rows(id: string | undefined): MessageRow[] {
    if (id !== undefined) this.#grow(id)
    const place = this.#place
    if (place === null) return []
    return [...this.#rows.values()]
      .filter(({ seq }) => seq >= place.from && seq <= place.to)
      .sort((a, b) => a.seq - b.seq)
  }

  /** Reads and loads in `work`; what is committed meanwhile is kept for it. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#reads += 1
    try {
      return await work()
    } finally {
      this.#reads -= 1
      if (this.#reads === 0) this.#fresh.clear()
    }
  }

  /** A row was committed. */
  put(row: MessageRow): void {
    const place = this.#place
    if (this.#reads > 0) this.#fresh.set(row.seq, row)
    if (place === null) return
    // A place behind the end may be the next one: the run shows whether it is.
    if (row.seq >= place.from && (row.seq <= place.to || this.#isAtEnd)) this.#rows.set(row.seq, row)
  }

  /** What was held is not held any more. */
  clear(): void {
    this.#rows.clear()
    this.#fresh.clear()
    this.#place = null
  }

  async openLatest(id: string): Promise<void> {
    const { backend, size } = this
    const head = backend.mirror.conversations.get(id)?.seq ?? 0
    const isHeld = runAt(backend.mirror.runsOf(id), head) !== undefined
    // What is held shows at once, also without a connection.
    await this.#readNewest(id)
    const isShort = this.#rows.size < Math.min(size, shortest) && this.hasOlder
    if (isHeld && !isShort) return
    await backend.commands.history({ conversationId: id, limit: size })
    await this.#readNewest(id)
  }

  async openAt(id: string, seq: number): Promise<void> {
    const { backend } = this
    const half = Math.max(1, Math.floor(this.size / 2))
    if (runAt(backend.mirror.runsOf(id), seq) === undefined) {
      // One page that ends with it, one that begins behind it: they touch.
      await backend.commands.history({ conversationId: id, before: seq + 1, limit: half })
      await backend.commands.history({ conversationId: id, after: seq, limit: half })
    }
    const run = runAt(backend.mirror.runsOf(id), seq)
    if (run === undefined) return
    const [below, above] = await Promise.all([
      backend.reads.messages({ conversationId: id, from: run.from, to: seq, last: half }),
      backend.reads.messages({ conversationId: id, from: seq + 1, to: run.to, first: half }),
    ])
    const from = below.length < half ? run.from : below[0]!.seq
    const to = above.length < half ? run.to : above.at(-1)!.seq
    this.#take([...below, ...above], { from, to }, to >= this.#headOf(id))
  }

  /** Extends it downwards by a page. */
  async older(id: string): Promise<void> {
    const place = this.#place
    if (place === null || place.from <= 1) return
    const run = runAt(this.backend.mirror.runsOf(id), place.from)
    if (run === undefined || run.from >= place.from)
      await this.backend.commands.history({ conversationId: id, before: place.from, limit: this.size })
    const now = runAt(this.backend.mirror.runsOf(id), place.from)
    if (now === undefined || now.from >= place.from) return
    const query = { conversationId: id, from: now.from, to: place.from - 1, last: this.size }
    const rows = await this.backend.reads.messages(query)
    if (this.#place?.from !== place.from) return
    this.#add(rows)
    this.#place = { ...this.#place, from: rows.length < this.size ? now.from : rows[0]!.seq }
  }

  /** Extends it upwards by a page. */
  async newer(id: string): Promise<void> {
    const place = this.#place
    if (place === null) return
    const run = runAt(this.backend.mirror.runsOf(id), place.to)
    if (run === undefined || run.to <= place.to)
      await this.backend.commands.history({ conversationId: id, after: place.to, limit: this.size })
    const now = runAt(this.backend.mirror.runsOf(id), place.to)
    if (now === undefined) return
    const query = { conversationId: id, from: place.to + 1, to: now.to, first: this.size }
    const rows = await this.backend.reads.messages(query)
    if (this.#place?.to !== place.to) return
    this.#add(rows)
    const to = rows.length < this.size ? now.to : rows.at(-1)!.seq
    this.#place = { ...this.#place, to }
    this.#isAtEnd = to >= this.#headOf(id)
  }

  #headOf(id: string): number {
    return this.backend.mirror.conversations.get(id)?.seq ?? 0
  }

  async #readNewest(id: string): Promise<void> {
    const newest = this.backend.mirror.runsOf(id).at(-1)
    if (newest === undefined) return
    const rows = await this.backend.reads.messages({ conversationId: id, ...newest, last: this.size })
    this.#take(rows, { from: rows.length < this.size ? newest.from : rows[0]!.seq, to: newest.to }, true)
  }

  #take(rows: readonly MessageRow[], place: { from: number; to: number }, isAtEnd: boolean): void {
    this.#rows.clear()
    this.#add(rows)
    this.#place = place
    this.#isAtEnd = isAtEnd
  }

  #add(rows: readonly MessageRow[]): void {
    for (const row of rows) this.#rows.set(row.seq, row)
    for (const row of this.#fresh.values()) this.#rows.set(row.seq, row)
  }

  #grow(id: string): void {
    if (this.#place === null || !this.#isAtEnd) return
    const run = runAt(this.backend.mirror.runsOf(id), this.#place.to)
    if (run !== undefined && run.to > this.#place.to) this.#place = { ...this.#place, to: run.to }
  }
}

/** A window with fewer messages looks empty: older ones are loaded with it. */
const shortest = 10
