// Who waits for an acknowledgement, and until when: one entry for each user, in slots of half a second.
//
// Arming and cancelling change numbers in an entry that is there, and touch no slot: an entry that fires too early goes to
// the slot in which it is due, and one that has nothing to wait for goes. So a user who is talking costs nothing but that.
import type { ConversationId, Seq, UserId } from '@rookery/protocol'
import type { Clock, Timer } from '../../ports/clock.js'

const slotMs = 500

/** Why a user is looked at. */
export interface Due {
  readonly userId: UserId
  /** How often the user was looked at for this already. */
  readonly rounds: number
  /** The newest message that mentions the user in each group that is fanned out on read; null where there is none. */
  readonly mentions: Map<ConversationId, Seq> | null
  /** The user has read something. */
  readonly hasRead: boolean
}

interface Entry {
  readonly userId: UserId
  /** The inbox entries that wait; `first` is 0 where none does. */
  first: Seq
  last: Seq
  /** When the newest of them is due. */
  lastTick: number
  /** When the user is to be looked at, whatever is acknowledged; Infinity where nothing asks for it. */
  askTick: number
  rounds: number
  mentions: Map<ConversationId, Seq> | null
  hasRead: boolean
  /** When `first` is due. */
  tick: number
  /** In which slot it stands. */
  slot: number
}

export class Wheel {
  /** How many times a user began to wait, and how many of these were acknowledged in time. */
  armed = 0
  deliveredFirst = 0
  private readonly entries = new Map<UserId, Entry>()
  private readonly slots = new Map<number, Entry[]>()
  private timer: Timer | null = null
  private isStopped = false

  constructor(
    private readonly clock: Clock,
    private readonly afterMs: number,
    /** Called with those who are due. */
    private readonly due: (dues: readonly Due[]) => void,
  ) {}

  /** How many users are in it. */
  get size(): number {
    return this.entries.size
  }

  /** A user was given inbox entries, or could not be given them. */
  arm(userId: UserId, from: Seq, to: Seq): void {
    const tick = this.tickAfter(this.afterMs)
    const entry = this.entries.get(userId) ?? this.make(userId, tick)
    if (entry.first === 0) {
      entry.first = from
      entry.tick = tick
      this.armed += 1
      // It may stand in a later slot, for what it was asked for.
      if (tick < entry.slot) this.put(entry, tick)
    }
    if (to > entry.last) entry.last = to
    entry.lastTick = tick
  }

  /** A device holds the inbox entries after `from` up to `to`. */
  acknowledged(userId: UserId, from: Seq, to: Seq): void {
    const entry = this.entries.get(userId)
    if (entry === undefined || entry.first === 0 || from >= entry.first || to < entry.first) return
    if (to >= entry.last) {
      entry.first = entry.last = 0
      this.deliveredFirst += 1
    } else {
      // Nobody remembers when each of the rest came: they wait as long as the newest.
      entry.first = to + 1
      entry.tick = entry.lastTick
    }
  }

  /** Another node gave a user the entries from here on, and waits for the acknowledgement. */
  elsewhere(userId: UserId, from: Seq): void {
    const entry = this.entries.get(userId)
    if (entry !== undefined && entry.first >= from) entry.first = entry.last = 0
  }

  /** A user is to be looked at after this time, whatever is acknowledged until then. */
  ask(
    userId: UserId,
    delayMs = this.afterMs,
    { rounds = 0, mentions = null, hasRead = false }: Partial<Due> = {},
  ): void {
    const tick = this.tickAfter(delayMs)
    const entry = this.entries.get(userId) ?? this.make(userId, tick)
    entry.askTick = Math.min(entry.askTick, tick)
    if (rounds > 0) entry.rounds = rounds
    entry.hasRead ||= hasRead
    for (const [conversationId, seq] of mentions ?? []) {
      entry.mentions ??= new Map()
      entry.mentions.set(conversationId, Math.max(seq, entry.mentions.get(conversationId) ?? 0))
    }
    // It may stand in a later slot: it stands in both then, and fires in the first.
    if (tick < entry.slot) this.put(entry, tick)
  }

  stop(): void {
    this.isStopped = true
    if (this.timer !== null) this.clock.clearTimeout(this.timer)
    this.timer = null
    this.entries.clear()
    this.slots.clear()
  }

  private make(userId: UserId, tick: number): Entry {
    const nothing = { first: 0, last: 0, lastTick: 0, rounds: 0, mentions: null, hasRead: false }
    const entry: Entry = { userId, ...nothing, askTick: Infinity, tick, slot: tick }
    this.entries.set(userId, entry)
    this.put(entry, tick)
    return entry
  }

  private put(entry: Entry, tick: number): void {
    entry.slot = tick
    const slot = this.slots.get(tick)
    if (slot === undefined) this.slots.set(tick, [entry])
    else slot.push(entry)
    this.schedule()
  }

  /** The slot that fires when this time is over, and not before. */
  private tickAfter(delayMs: number): number {
    return Math.ceil((this.clock.monotonic() + delayMs) / slotMs)
  }

  private schedule(): void {
    if (this.timer !== null || this.isStopped || this.slots.size === 0) return
    const nowMs = this.clock.monotonic()
    const delayMs = (Math.floor(nowMs / slotMs) + 1) * slotMs - nowMs
    this.timer = this.clock.setTimeout(() => {
      this.timer = null
      this.turn(Math.floor(this.clock.monotonic() / slotMs))
      this.schedule()
    }, delayMs)
  }

  // A timer may come late: every slot up to now fires.
  private turn(now: number): void {
    const dues: Due[] = []
    for (const [tick, slot] of this.slots) {
      if (tick > now) continue
      this.slots.delete(tick)
      for (const entry of slot)
        if (entry.slot === tick && this.entries.get(entry.userId) === entry) this.fire(entry, now, dues)
    }
    if (dues.length > 0) this.due(dues)
  }

  private fire(entry: Entry, now: number, dues: Due[]): void {
    const tick = Math.min(entry.first === 0 ? Infinity : entry.tick, entry.askTick)
    if (tick > now && tick !== Infinity) return this.put(entry, tick)
    this.entries.delete(entry.userId)
    const { userId, rounds, mentions, hasRead } = entry
    if (tick !== Infinity) dues.push({ userId, rounds, mentions, hasRead })
  }
}
