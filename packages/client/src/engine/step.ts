// One step of the engine: it reads what the store holds, gathers what changes, and is committed as a whole or not at all.
import type { Message, Seq } from '@rookery/protocol'
import type { LocalStore, StoreOp } from '../ports/local-store.js'
import type { ControlRow, ConversationRow, MessageRow, MetaRow, OutboxRow, TimelineRow } from '../ports/rows.js'
import type { Mirror } from './mirror.js'
import { withRun, type Run } from './runs.js'

/** What the app is told of once a step is committed. */
export type Signal =
  | { readonly kind: 'message'; readonly message: Message; readonly isLive: boolean }
  | { readonly kind: 'custom'; readonly topic: string; readonly payload: unknown }

export class Step {
  readonly ops: StoreOp[] = []
  readonly signals: Signal[] = []
  #meta: MetaRow
  readonly #conversations = new Map<string, ConversationRow>()
  readonly #timelines = new Map<string, TimelineRow | null>()
  readonly #outbox = new Map<string, OutboxRow | null>()
  readonly #runs = new Map<string, readonly Run[]>()
  readonly #messages = new Map<string, MessageRow>()
  readonly #keptHere: ControlRow[] = []
  readonly #cut = new Set<string>()
  #isCleared = false
  #hasNoMessages = false

  constructor(
    private readonly mirror: Mirror,
    private readonly store: LocalStore,
  ) {
    this.#meta = mirror.meta
  }

  get meta(): MetaRow {
    return this.#meta
  }

  set meta(row: MetaRow) {
    this.#meta = row
  }

  get me(): string {
    return this.#meta.userId ?? ''
  }

  conversation(id: string): ConversationRow | undefined {
    return this.#conversations.get(id) ?? (this.#isCleared ? undefined : this.mirror.conversations.get(id))
  }

  put(row: ConversationRow): void {
    if (row !== this.conversation(row.conversationId)) this.#conversations.set(row.conversationId, row)
  }

  timeline(id: string): TimelineRow | undefined {
    const changed = this.#timelines.get(id)
    if (changed !== undefined) return changed ?? undefined
    return this.#isCleared ? undefined : this.mirror.timelines.get(id)
  }

  putTimeline(id: string, row: TimelineRow | null): void {
    this.#timelines.set(id, row)
  }

  outbox(clientMsgId: string): OutboxRow | undefined {
    const changed = this.#outbox.get(clientMsgId)
    return changed === undefined ? this.mirror.outbox.get(clientMsgId) : (changed ?? undefined)
  }

  putOutbox(clientMsgId: string, row: OutboxRow | null): void {
    this.#outbox.set(clientMsgId, row)
  }

  /** The last place in the order of sending that is taken. */
  get lastOrder(): number {
    return this.outgoing().reduce((last, { order }) => Math.max(last, order), 0)
  }

  runs(id: string): readonly Run[] {
    return this.#runs.get(id) ?? (this.#isDropped(id) ? [] : this.mirror.runsOf(id))
  }

  hold(id: string, run: Run): void {
    this.#runs.set(id, withRun(this.runs(id), run))
  }

  /** Those of these messages that are held, by `seq`. */
  async messages(id: string, seqs: readonly Seq[]): Promise<Map<Seq, MessageRow>> {
    const rows = new Map<Seq, MessageRow>()
    const wanted = this.#isDropped(id) ? [] : seqs.filter((seq) => !this.#messages.has(placeOf(id, seq)))
    if (wanted.length > 0) for (const row of await this.store.messagesAt(id, wanted)) rows.set(row.seq, row)
    for (const seq of seqs) {
      const changed = this.#messages.get(placeOf(id, seq))
      if (changed !== undefined) rows.set(seq, changed)
    }
    return rows
  }

  /** Those held between two places. */
  async between(id: string, from: Seq, to: Seq): Promise<MessageRow[]> {
    const rows = new Map<Seq, MessageRow>()
    if (!this.#isDropped(id))
      for (const row of await this.store.messages({ conversationId: id, from, to })) rows.set(row.seq, row)
    for (const row of this.#messages.values())
      if (row.conversationId === id && row.seq >= from && row.seq <= to) rows.set(row.seq, row)
    return [...rows.values()].sort((a, b) => a.seq - b.seq)
  }

  putMessage(row: MessageRow): void {
    this.#messages.set(placeOf(row.conversationId, row.seq), row)
  }

  /** Changes of messages that were not held when they came, by target. */
  async kept(id: string, targets: readonly Seq[]): Promise<Map<Seq, ControlRow[]>> {
    const byTarget = new Map<Seq, ControlRow[]>()
    const stored = this.#isDropped(id) ? [] : await this.store.controls(id, targets)
    const wanted = new Set(targets)
    const here = this.#keptHere.filter((row) => row.conversationId === id && wanted.has(row.target))
    for (const row of [...stored, ...here]) byTarget.set(row.target, [...(byTarget.get(row.target) ?? []), row])
    return byTarget
  }

  keep(row: ControlRow): void {
    this.#keptHere.push(row)
  }

  /** Drops what is held of a conversation's messages. */
  cut(id: string): void {
    this.ops.push({ op: 'cut', conversationId: id })
    this.#cut.add(id)
    this.#runs.delete(id)
    for (const [place, row] of this.#messages) if (row.conversationId === id) this.#messages.delete(place)
  }

  /** Drops all messages, and keeps the list of conversations. */
  clearMessages(): void {
    for (const table of ['messages', 'ranges', 'controls'] as const) this.ops.push({ op: 'clear', table })
    this.#hasNoMessages = true
    this.#runs.clear()
    this.#messages.clear()
    this.#keptHere.length = 0
  }

  /** Drops everything but what this user wrote: outbox and drafts, with their files. */
  clear(): void {
    this.clearMessages()
    for (const table of ['timelines', 'conversations'] as const) this.ops.push({ op: 'clear', table })
    this.#isCleared = true
    this.#conversations.clear()
    this.#timelines.clear()
  }

  /** Drops what this user wrote and has not sent, too. */
  clearOwn(): void {
    for (const table of ['outbox', 'drafts', 'blobs'] as const) this.ops.push({ op: 'clear', table })
  }

  /** An undefined or null value takes the draft away. */
  putDraft(key: string, value: unknown): void {
    this.ops.push(
      value == null
        ? { op: 'delete', table: 'drafts', key: [key] }
        : { op: 'put', table: 'drafts', row: { key, value } },
    )
  }

  conversations(): ConversationRow[] {
    const ids = new Set([...(this.#isCleared ? [] : this.mirror.conversations.keys()), ...this.#conversations.keys()])
    return [...ids].map((id) => this.conversation(id)!)
  }

  outgoing(): OutboxRow[] {
    const keys = new Set([...this.mirror.outbox.keys(), ...this.#outbox.keys()])
    return [...keys].map((key) => this.outbox(key)).filter((row) => row !== undefined)
  }

  /** All operations, in an order in which they can be carried out. */
  finish(): readonly StoreOp[] {
    const { ops } = this
    for (const row of this.#messages.values()) ops.push({ op: 'put', table: 'messages', row })
    for (const row of this.#keptHere) ops.push({ op: 'put', table: 'controls', row })
    for (const [id, runs] of this.#runs) this.#finishRuns(id, runs)
    for (const row of this.#conversations.values()) ops.push({ op: 'put', table: 'conversations', row })
    for (const [id, row] of this.#timelines)
      ops.push(row === null ? { op: 'delete', table: 'timelines', key: [id] } : { op: 'put', table: 'timelines', row })
    for (const [id, row] of this.#outbox)
      ops.push(row === null ? { op: 'delete', table: 'outbox', key: [id] } : { op: 'put', table: 'outbox', row })
    if (this.#meta !== this.mirror.meta) ops.push({ op: 'put', table: 'meta', row: this.#meta })
    return ops
  }

  #finishRuns(id: string, runs: readonly Run[]): void {
    const before = this.#isDropped(id) ? [] : this.mirror.runsOf(id)
    for (const { from } of before)
      if (!runs.some((run) => run.from === from)) this.ops.push({ op: 'delete', table: 'ranges', key: [id, from] })
    for (const run of runs)
      if (!before.some(({ from, to }) => from === run.from && to === run.to))
        this.ops.push({ op: 'put', table: 'ranges', row: { conversationId: id, ...run } })
  }

  #isDropped(id: string): boolean {
    return this.#hasNoMessages || this.#cut.has(id)
  }
}

const placeOf = (id: string, seq: Seq): string => `${id} ${seq}`
