// The order of one session's sends to each conversation, over handlers, refusals and retries.
//
//  L1. Sends leave in the order in which they came, whatever each has to wait for.
//  L2. After an answer that may be tried again, everything the client sent behind that message gets the same answer, whether
//      it is under way or yet to come, until the refused key comes again or the time is over. The time runs from the first
//      refusal of that key: neither another refusal of it nor one of what it held back makes it longer.
//  L3. What the client sent before a refused message is not held back by it, and a message that comes again has the place
//      that it had at first.
//  L4. What is remembered of refusals is bounded. Beyond the bound every later send of the session is held back, for no
//      longer than the message that went beyond it.
import type { ConversationId, RookeryError } from '@rookery/protocol'
import { RecentKeys } from './recent-keys.js'
import { RefusedSends, type Hold as HoldOf } from './refused-sends.js'
import { UnderWay, type Ordered } from './under-way.js'

type Hold = HoldOf<RookeryError>

/** A message in its order. */
export interface OrderedSend extends Ordered {
  readonly clientMsgId: string
  place: number
  /** Until when its own refusals hold others back, where it was refused before. */
  ownUntilMs: number | null
}

/** What waits in an order for its turn. */
export interface InTurn extends Ordered {
  /** Everything before the writer's queue. Never rejects. */
  prepare(): Promise<void>
  refuse(error: RookeryError): void
}

/** Whose orders they are. */
export interface OrderOwner {
  orders: SendOrders | null
}

/** Limits of the orders of one session. */
export interface OrderRules {
  /** Refused keys that are remembered. */
  readonly refusedMax: number
  /** How long a refusal holds back what is behind it. */
  readonly resendMs: number
}

/** The orders of a session. */
export const ordersOf = (owner: OrderOwner, rules: OrderRules): SendOrders => (owner.orders ??= new SendOrders(rules))

/** Keys with an answer for good, and keys whose time is over, of which the last are known: as many as may be under way. */
const recentLeast = 256

/** A session that has refused messages everywhere is not looked through for each. */
const lookAgainMs = 1000

/** One conversation, for as long as something waits there or is missing. */
interface Order {
  readonly waiting: InTurn[]
  isRunning: boolean
  readonly refused: RefusedSends<RookeryError>
  /** Whatever is behind `place` and came up to `upTo` is held back until then. */
  marked: { readonly place: number; readonly upTo: number; readonly untilMs: number } | null
}

export class SendOrders {
  private readonly underWay = new UnderWay()
  private orders: Map<ConversationId, Order> | null = null
  private readonly settled = new RecentKeys(recentLeast)
  /** Keys that held others back for as long as they may. */
  private readonly spent = new RecentKeys(recentLeast)
  private refusedCount = 0
  private beyond: { readonly place: number; readonly hold: Hold } | null = null
  /** Before then there is no use in looking for room. */
  private fullUntilMs = 0

  constructor(private readonly rules: OrderRules) {}

  /** Refused keys that are remembered. */
  get remembered(): number {
    return this.refusedCount
  }

  /** A message came, or came again: it has its place, and is not waited for any longer. */
  place(one: OrderedSend): void {
    const { clientMsgId, conversationId, arrival } = one
    one.place = arrival
    // Another attempt of what has its answer waits for nobody.
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

  /** Whether nothing waits and nothing is missing in a conversation. */
  isFree(conversationId: ConversationId, nowMs: number): boolean {
    return this.orders?.get(conversationId) === undefined && !this.holdsEverything(nowMs)
  }

  /** Whether more was refused than is remembered: then whatever comes is refused. */
  holdsEverything(nowMs: number): boolean {
    if (this.beyond !== null && this.beyond.hold.untilMs <= nowMs) this.beyond = null
    return this.beyond !== null
  }

  /** It is on its way from now on, until `end`. */
  begin(one: Ordered): void {
    this.underWay.add(one)
  }

  /** It has its answer. */
  end(one: Ordered): void {
    this.underWay.remove(one)
  }

  /** Why a send may not leave now; null where it may. */
  refusal(one: Ordered, nowMs: number): RookeryError | null {
    return this.overtaken(one, nowMs) ?? this.behind(one, nowMs)?.error ?? null
  }

  /** Why something that left may not be stored any more; null where it may. */
  overtaken({ heldBack }: Ordered, nowMs: number): RookeryError | null {
    return heldBack !== null && heldBack.untilMs > nowMs ? heldBack.error : null
  }

  /** A message got an answer that may be tried again. */
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
    // Attempts of one key may be refused in any order; it has the place of the first.
    const place = Math.min(one.place, was?.place ?? one.place)
    const order = this.order(conversationId)
    if (was !== undefined || this.hasRoom(nowMs)) {
      this.forget(order, clientMsgId)
      order.refused.set({ clientMsgId, place, hold, ownUntilMs })
      this.refusedCount += 1
    } else if (this.beyond === null || place < this.beyond.place)
      this.beyond = { place, hold: this.beyond?.hold ?? hold }
    this.holdBack(conversationId, order, place, hold)
    this.discardIdle(conversationId, order)
  }

  /** A key has got an answer for good: nobody waits for it, even if another attempt of it is turned away. */
  settle({ clientMsgId, conversationId }: OrderedSend): void {
    const order = this.orders?.get(conversationId)
    if (order === undefined) return
    this.forget(order, clientMsgId)
    this.settled.add(clientMsgId)
    this.discardIdle(conversationId, order)
  }

  /** Takes it behind what waits in its conversation. */
  push(item: InTurn, nowMs: () => number): void {
    const { conversationId } = item
    const order = this.order(conversationId)
    order.waiting.push(item)
    if (!order.isRunning) void this.run(conversationId, order, nowMs)
  }

  /** Forgets the refused whose time is over. */
  sweep(nowMs: number): void {
    this.holdsEverything(nowMs)
    for (const [conversationId, order] of this.orders ?? []) {
      for (const { clientMsgId, hold } of order.refused.all())
        if (hold.untilMs <= nowMs) this.expire(order, clientMsgId)
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

  /** What holds back a message that is yet to leave. */
  private behind({ conversationId, place }: Ordered, nowMs: number): Hold | null {
    const order = this.orders?.get(conversationId)
    for (let one = order?.refused.first; one !== undefined; one = order?.refused.first)
      if (one.hold.untilMs <= nowMs) this.expire(order!, one.clientMsgId)
      else if (one.place < place) return one.hold
      else break
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

  private expire(order: Order, clientMsgId: string): void {
    if (this.forget(order, clientMsgId)!.ownUntilMs !== null) this.spent.add(clientMsgId)
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
