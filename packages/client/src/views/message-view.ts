// What a list of messages shows: a window of stored ones, and behind it what is on its way. Rules:
// 1. The divider of unread messages stays where it was when the view was opened.
// 2. A read position is told only while a person looks at the app.
// 3. An item that did not change is the same object.
import { RookeryError } from '@rookery/protocol'
import type { Backend } from '../ports/backend.js'
import type { StoreOp } from '../ports/local-store.js'
import type { OutboxRow } from '../ports/rows.js'
import { isCountable } from '../engine/unread.js'
import { inDisplayOrder, type DisplayOrder } from './display-order.js'
import { itemOfMessage, itemOfOutgoing, storedState, type Item, type SendState } from './items.js'
import { Cell, type Observable } from './observable.js'
import { Window } from './window.js'

export interface MessageViewState {
  readonly items: readonly Item[]
  readonly hasOlder: boolean
  readonly hasNewer: boolean
  readonly isLoading: boolean
  /** The first message that was unread when the window was opened. */
  readonly firstUnreadSeq?: number
  /** Messages of others below what was seen. */
  readonly newBelow: number
  /** Why the last attempt to load failed; cleared by the next one. */
  readonly error?: unknown
}

/** Where a window is opened. */
export type OpenAt = 'latest' | 'firstUnread' | number

export interface MessageViewOptions {
  readonly at?: OpenAt
  /** Messages of the first window, and of each further page. Default 50. */
  readonly size?: number
}

export interface ViewParts {
  readonly backend: Backend
  readonly key: () => string
  /** The conversation's id; undefined while it has none. */
  readonly id: () => string | undefined
  /** Asks the server for a conversation that is not held. @throws RookeryError `NOT_FOUND` where there is none yet */
  readonly find: () => Promise<string>
  readonly order: DisplayOrder
  readonly isFocused: () => boolean
  readonly onFocus: (changed: () => void) => () => void
}

export class MessageView implements Observable<MessageViewState> {
  readonly #cell = new Cell<MessageViewState>({
    items: [],
    hasOlder: false,
    hasNewer: false,
    isLoading: true,
    newBelow: 0,
  })
  readonly getSnapshot = this.#cell.getSnapshot
  readonly subscribe = this.#cell.subscribe
  readonly #window: Window
  #firstUnreadSeq: number | undefined
  #seenSeq = 0
  #wantsSeen = 0
  #loads = 0
  #error: unknown
  #isClosed = false
  #items = new Map<string, Known>()
  readonly #ends: (() => void)[] = []

  constructor(
    private readonly parts: ViewParts,
    { at = 'latest', size = 50 }: MessageViewOptions = {},
  ) {
    const { backend } = parts
    this.#window = new Window(backend, size)
    this.#ends.push(
      backend.onCommit((ops) => this.#committed(ops)),
      backend.onSending(() => this.#show()),
      parts.onFocus(() => this.#tellSeen()),
      backend.status.subscribe(() => this.#online()),
    )
    void this.#load(() => this.#open(at))
  }

  loadOlder(): Promise<void> {
    return this.#withId((id) => this.#window.older(id))
  }

  loadNewer(): Promise<void> {
    return this.#window.isAtEnd ? Promise.resolve() : this.#withId((id) => this.#window.newer(id))
  }

  jumpTo(place: number | 'latest'): Promise<void> {
    return this.#load(() => this.#open(place))
  }

  /**
   * A person has seen everything up to here. The server is told while somebody looks at the app, or once somebody does.
   */
  seen(seq: number): void {
    if (seq <= this.#wantsSeen) return
    this.#wantsSeen = seq
    this.#tellSeen()
  }

  close(): void {
    this.#isClosed = true
    for (const end of this.#ends) end()
  }

  #tellSeen(): void {
    const id = this.parts.id()
    if (this.#isClosed || id === undefined || !this.parts.isFocused() || this.#wantsSeen <= this.#seenSeq) return
    this.#seenSeq = this.#wantsSeen
    this.#show()
    void this.parts.backend.commands.seen(id, this.#wantsSeen).catch(() => {})
  }

  async #open(at: OpenAt): Promise<void> {
    const { backend } = this.parts
    await backend.open()
    const id = await this.#find()
    if (id === undefined) return
    const row = backend.mirror.conversations.get(id)
    if (row !== undefined && row.unread > 0) this.#firstUnreadSeq ??= row.readSeq + 1
    if (this.#seenSeq === 0) this.#seenSeq = row?.readSeq ?? 0
    void backend.commands.opened(id).catch(() => {})
    const place = at === 'firstUnread' ? (this.#firstUnreadSeq ?? 'latest') : at
    await (place === 'latest' ? this.#window.openLatest(id) : this.#window.openAt(id, place))
  }

  /** The conversation's id, from the server if it is not held; undefined where nobody has said anything in it. */
  async #find(): Promise<string | undefined> {
    const { backend, find, id } = this.parts
    const known = id()
    if (known !== undefined && backend.mirror.conversations.has(known)) return known
    return find().catch((error: unknown) => {
      if (error instanceof RookeryError && error.code === 'NOT_FOUND') return undefined
      throw error
    })
  }

  #committed(ops: readonly StoreOp[]): void {
    const id = this.parts.id()
    let isOurs = false
    let isCut = false
    for (const op of ops) {
      if (op.op === 'cut') isCut ||= op.conversationId === id
      else if (op.op === 'clear') isCut ||= op.table === 'messages'
      else if (op.op === 'put') isOurs = this.#put(op, id) || isOurs
      else isOurs ||= op.table === 'outbox'
    }
    if (isCut) {
      this.#window.clear()
      void this.#load(() => this.#open('latest'))
    } else if (isOurs) this.#show()
  }

  /** Whether it may change what is shown. */
  #put(op: Extract<StoreOp, { op: 'put' }>, id: string | undefined): boolean {
    if (op.table === 'outbox') return op.row.key === this.parts.key()
    if (op.table === 'conversations' || op.table === 'ranges') return op.row.conversationId === id
    if (op.table !== 'messages' || op.row.conversationId !== id) return false
    this.#window.put(op.row)
    return true
  }

  /** What could not be loaded without a connection is loaded when there is one. */
  #online(): void {
    if (!this.#isLive) return
    if (this.#error !== undefined || this.#window.isEmpty) void this.#load(() => this.#open('latest'))
    else this.#show()
  }

  get #isLive(): boolean {
    return this.parts.backend.status.getSnapshot().status === 'live'
  }

  #withId(load: (id: string) => Promise<void>): Promise<void> {
    const id = this.parts.id()
    return id === undefined ? Promise.resolve() : this.#load(() => load(id))
  }

  async #load(load: () => Promise<void>): Promise<void> {
    this.#loads += 1
    this.#error = undefined
    this.#show()
    try {
      await this.#window.during(load)
    } catch (error) {
      this.#error = error
    }
    this.#loads -= 1
    this.#show()
  }

  #show(): void {
    if (this.#isClosed) return
    const id = this.parts.id()
    const head = (id === undefined ? undefined : this.parts.backend.mirror.conversations.get(id)?.seq) ?? 0
    this.#fill(id, head)
    const before = this.#cell.getSnapshot()
    const now = this.#state(id, before)
    if (!isSameState(before, now)) this.#cell.set(now)
  }

  /** Loads what is known to be missing: the first messages, or a hole before the newest ones. */
  #fill(id: string | undefined, head: number): void {
    if (id === undefined || this.#loads > 0) return
    if (this.#window.isEmpty) {
      if (head > 0 && this.parts.backend.mirror.runsOf(id).length > 0) void this.#load(() => this.#open('latest'))
      return
    }
    if (this.#error !== undefined) return
    // A message that extends the window shows at once; one beyond a hole does not.
    this.#window.rows(id)
    if (this.#window.isBehind(head) && this.#isLive) void this.#load(() => this.#window.newer(id))
  }

  #state(id: string | undefined, before: MessageViewState): MessageViewState {
    const { backend, order } = this.parts
    const me = backend.mirror.meta.userId ?? ''
    const conversation = id === undefined ? undefined : backend.mirror.conversations.get(id)
    const rows = this.#window.rows(id)
    const known = new Map<string, Known>()
    const shown = inDisplayOrder(
      rows.map((row) => ({ row, seq: row.seq, from: row.message.from, serverTime: row.message.serverTime })),
      order,
    )
    const items = shown.map(({ row }) => {
      const state = row.message.from === me ? storedState(row.message, conversation) : undefined
      return this.#item(known, String(row.seq), row, state, () => itemOfMessage(row, me, state))
    })
    if (this.#window.isAtEnd) items.push(...this.#pending(known, me, items))
    this.#items = known
    const newBelow = rows.filter(
      ({ seq, message }) => seq > this.#seenSeq && message.from !== me && isCountable(message) && !message.recalled,
    ).length
    const isSame = before.items.length === items.length && items.every((item, index) => item === before.items[index])
    return {
      items: isSame ? before.items : items,
      hasOlder: this.#window.hasOlder,
      hasNewer: this.#window.hasNewer,
      isLoading: this.#loads > 0,
      ...(this.#firstUnreadSeq !== undefined && { firstUnreadSeq: this.#firstUnreadSeq }),
      newBelow,
      ...(this.#error !== undefined && { error: this.#error }),
    }
  }

  #pending(known: Map<string, Known>, me: string, items: readonly Item[]): Item[] {
    const { backend, key } = this.parts
    const stored = new Set(items.map((item) => item.key))
    const ours = (row: OutboxRow): boolean => row.key === key() && !stored.has(row.clientMsgId)
    return [...backend.mirror.outbox.values()].filter(ours).map((row) => {
      const state = row.state === 'queued' && backend.isSending(row) ? 'sending' : row.state
      return this.#item(known, `> ${row.clientMsgId}`, row, state, () => itemOfOutgoing(row, me, state))
    })
  }

  #item(known: Map<string, Known>, key: string, row: object, state: SendState | undefined, make: () => Item): Item {
    const before = this.#items.get(key)
    const now = before?.row === row && before.state === state ? before : { row, state, item: make() }
    known.set(key, now)
    return now.item
  }
}

/** An item, and what it was made of. */
interface Known {
  readonly row: object
  readonly state: SendState | undefined
  readonly item: Item
}

const isSameState = (a: MessageViewState, b: MessageViewState): boolean =>
  a.items === b.items &&
  a.hasOlder === b.hasOlder &&
  a.hasNewer === b.hasNewer &&
  a.isLoading === b.isLoading &&
  a.firstUnreadSeq === b.firstUnreadSeq &&
  a.newBelow === b.newBelow &&
  a.error === b.error
