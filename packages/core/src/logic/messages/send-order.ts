// The order of one session's sends to each conversation, across handlers, refusals and retries.
//
//  L1. Sends go to the writer in the order in which they came, however long each has to wait.
//  L2. After an answer that may be tried again, every send behind that message gets the same answer, whether it is
//      under way or comes later. This ends when the refused key comes again or the time is over. The time runs from the
//      first refusal of that key: no later refusal makes it longer, neither of that key nor of a send that it held
//      back.
//  L3. A refused message does not hold back what the client sent before it. A message that comes again keeps its first
//      place, until its own hold is over; one that was only held back, for as long as a hold of its own would last.
//  L4. The memory for refusals is bounded. Beyond the bound every later send of the session is held back, but no longer
//      than the hold of the refusal that went beyond it.
import type { ConversationId, RookeryError } from '@rookery/protocol'
import { RecentKeys } from './recent-keys.js'
import { RefusedSends, type Hold as HoldOf } from './refused-sends.js'
import { UnderWay, type Ordered } from './under-way.js'

type Hold = HoldOf<RookeryError>

/** A message with its place in the order. */
export interface OrderedSend extends Ordered {
  readonly clientMsgId: string
  place: number
  /** Until when refusals of this message itself hold others back; null if it was not refused before. */
  ownUntilMs: number | null
}

/** An item that waits for its turn in an order. */
export interface InTurn extends Ordered {
  /** Does everything that comes before the writer's queue. Never rejects. */
  prepare(): Promise<void>
  refuse(error: RookeryError): void
}

/** Limits of the orders of one session. */
export interface OrderRules {
  /** How many refused keys it remembers. */
  readonly refusedMax: number
  /** How long a refusal holds back the sends behind it. */
  readonly resendMs: number
}

/**
 * How many keys it remembers at least, of those with a definite answer and of those whose time is over. As many as can
 * be under way at once.
 */
const recentLeast = 256

/**
 * How often a full memory may be searched for refusals whose time is over, so that not every new refusal searches it.
 */
const lookAgainMs = 1000

/** The state of one conversation. It exists only while a send waits there or a refused one has not come again. */
interface Order {
  readonly waiting: InTurn[]
  isRunning: boolean
  readonly refused: RefusedSends<RookeryError>
  /**
   * Marks the last `holdBack`: every send behind `place` that came up to arrival `upTo` is held back until `untilMs`.
   */
  marked: { readonly place: number; readonly upTo: number; readonly untilMs: number } | null
}

export class SendOrders {
  private readonly underWay = new UnderWay()
  private orders: Map<ConversationId, Order> | null = null
  private readonly settled = new RecentKeys(recentLeast)
  /** Keys that have held others back for as long as they may. */
  private readonly spent = new RecentKeys(recentLeast)
  private refusedCount = 0
  private beyond: { readonly place: number; readonly hold: Hold } | null = null
  /** Until then a search for free room would find none. */
  private fullUntilMs = 0

  constructor(private readonly rules: OrderRules) {}

  /** How many refused keys it remembers now. */
  get remembered(): number {
    return this.refusedCount
  }

  /**
   * Gives a message its place. If it was refused before, it gets its first place again, and nothing waits for it any
   * longer.
   */
  place(one: OrderedSend): void {
    const { clientMsgId, conversationId, arrival } = one
    one.place = arrival
    // If the key has its definite answer already, this attempt waits for no other send.
    if (this.settled.has(clientMsgId)) one.place = 0
    if (this.spent.has(clientMsgId)) one.ownUntilMs = -Infinity
    const order = this.orders?.get(conversationId)
    if (order === undefined) return
    const was = this.forget(order, clientMsgId)
    if (was === undefined) return
    one.place = Math.min(arrival, was.place)
    one.ownUntilMs = was.ownUntilMs
    this.discardIdle(conversationId, order)
  }

  /** Whether in this conversation no send waits and no refused one is missing. */
  isFree(conversationId: ConversationId, nowMs: number): boolean {
    return this.orders?.get(conversationId) === undefined && !this.holdsEverything(nowMs)
  }

  /** Whether there were more refusals than it can remember. Then it holds back every later send. */
  holdsEverything(nowMs: number): boolean {
    if (this.beyond !== null && this.beyond.hold.untilMs <= nowMs) this.beyond = null
    return this.beyond !== null
  }

  /** From now until `end` the request is under way. */
  begin(one: Ordered): void {
    this.underWay.add(one)
  }

  /** The request has its answer. */
  end(one: Ordered): void {
    this.underWay.remove(one)
  }

  /** Why a send may not go to the writer now; null where it may. */
  refusal(one: Ordered, nowMs: number): RookeryError | null {
    return this.overtaken(one, nowMs) ?? this.behind(one, nowMs)?.error ?? null
  }

  /** Why a send that is already with the writer may no longer be stored; null where it may. */
  overtaken({ heldBack }: Ordered, nowMs: number): RookeryError | null {
    return heldBack !== null && heldBack.untilMs > nowMs ? heldBack.error : null
  }

  /** Records that a message got an answer that may be tried again. */
  refuse(one: OrderedSend, error: RookeryError, nowMs: number): void {
    const { clientMsgId, conversationId, heldBack } = one
    if (this.settled.has(clientMsgId)) return
    const cause = heldBack !== null && heldBack.untilMs > nowMs ? heldBack : this.behind(one, nowMs)
    const was = this.orders?.get(conversationId)?.refused.get(clientMsgId)
    const known = was?.ownUntilMs ?? one.ownUntilMs
    const ownUntilMs = cause === null ? (known ?? nowMs + this.rules.resendMs) : known
    const untilMs = Math.max(ownUntilMs ?? 0, cause?.untilMs ?? 0)
    if (untilMs <= nowMs) {
      if (ownUntilMs !== null) this.spent.add(clientMsgId)
      return
    }
    const hold = { error: cause?.error ?? error, untilMs }
    // Attempts of one key may be refused in any order; the smallest place counts.
    const place = Math.min(one.place, was?.place ?? one.place)
    const order = this.order(conversationId)
    if (was !== undefined || this.hasRoom(nowMs)) {
      this.forget(order, clientMsgId)
      // A message that was only held back keeps its place beyond the hold: others may still be held back behind it.
      const knownUntilMs = ownUntilMs === null ? nowMs + this.rules.resendMs : untilMs
      order.refused.set({ clientMsgId, place, hold, ownUntilMs, knownUntilMs })
      this.refusedCount += 1
    } else if (this.beyond === null || place < this.beyond.place)
      this.beyond = { place, hold: this.beyond?.hold ?? hold }
    this.holdBack(conversationId, order, place, hold)
    this.discardIdle(conversationId, order)
  }

  /**
   * Records that a key got a definite answer. Nothing waits for it any longer, even if another attempt is refused
   * later.
   */
  settle({ clientMsgId, conversationId }: OrderedSend): void {
    const order = this.orders?.get(conversationId)
    if (order === undefined) return
    this.forget(order, clientMsgId)
    this.settled.add(clientMsgId)
    this.discardIdle(conversationId, order)
  }

  /** Adds an item behind those that wait in its conversation. */
  push(item: InTurn, nowMs: () => number): void {
    const { conversationId } = item
    const order = this.order(conversationId)
    order.waiting.push(item)
    if (!order.isRunning) void this.run(conversationId, order, nowMs)
  }

  /** Forgets refusals whose time is over. */
  sweep(nowMs: number): void {
    this.holdsEverything(nowMs)
    for (const [conversationId, order] of this.orders ?? []) {
      this.expire(order, nowMs)
      this.discardIdle(conversationId, order)
    }
  }

  private async run(conversationId: ConversationId, order: Order, nowMs: () => number): Promise<void> {
    order.isRunning = true
    for (let item = order.waiting.shift(); item !== undefined; item = order.waiting.shift()) {
      const refusal = this.refusal(item, nowMs())
      if (refusal === null) await item.prepare()
      else item.refuse(refusal)
    }
    order.isRunning = false
    this.discardIdle(conversationId, order)
  }

  /** The hold on a message that is not yet with the writer; null where there is none. */
  private behind({ conversationId, place }: Ordered, nowMs: number): Hold | null {
    const order = this.orders?.get(conversationId)
    if (order !== undefined) {
      if ((order.refused.first?.knownUntilMs ?? Infinity) <= nowMs) this.expire(order, nowMs)
      const hold = order.refused.holdOn(place, nowMs)
      if (hold !== null) return hold
    }
    if (!this.holdsEverything(nowMs)) return null
    return this.beyond!.place < place ? this.beyond!.hold : null
  }

  private holdBack(conversationId: ConversationId, order: Order, place: number, hold: Hold): void {
    const { marked } = order
    const { untilMs } = hold
    const isKnown = marked !== null && marked.place <= place && marked.untilMs >= untilMs
    const upTo = this.underWay.holdBack(conversationId, place, isKnown ? marked.upTo : 0, hold)
    order.marked = { place, upTo, untilMs }
  }

  private hasRoom(nowMs: number): boolean {
    const { refusedMax } = this.rules
    if (this.refusedCount >= refusedMax && nowMs >= this.fullUntilMs) {
      this.sweep(nowMs)
      this.fullUntilMs = nowMs + lookAgainMs
    }
    return this.refusedCount < refusedMax
  }

  private expire(order: Order, nowMs: number): void {
    for (const { clientMsgId, knownUntilMs, ownUntilMs } of order.refused.all()) {
      if (knownUntilMs > nowMs) continue
      this.forget(order, clientMsgId)
      if (ownUntilMs !== null) this.spent.add(clientMsgId)
    }
  }

  private forget(order: Order, clientMsgId: string) {
    const one = order.refused.delete(clientMsgId)
    if (one !== undefined) this.refusedCount -= 1
    return one
  }

  private order(conversationId: ConversationId): Order {
    const orders = (this.orders ??= new Map())
    let order = orders.get(conversationId)
    if (order === undefined)
      orders.set(conversationId, (order = { waiting: [], isRunning: false, refused: new RefusedSends(), marked: null }))
    return order
  }

  private discardIdle(conversationId: ConversationId, order: Order): void {
    if (order.isRunning || order.refused.size > 0 || this.orders?.get(conversationId) !== order) return
    this.orders.delete(conversationId)
  }
}

/** The orders of one session, or nothing as long as it sends nothing. */
export class OwnOrders {
  /** Null before the first send. */
  made: SendOrders | null = null

  /** Makes them on first use. */
  of(rules: OrderRules): SendOrders {
    return (this.made ??= new SendOrders(rules))
  }

  holdsEverything(nowMs: number): boolean {
    return this.made !== null && this.made.holdsEverything(nowMs)
  }

  sweep(nowMs: number): void {
    this.made?.sweep(nowMs)
  }
}
