// One timeline as one session follows it: it gives in order, keeps what overtook others, and waits for holes to close.
// Its session may follow several; whether it follows at all is the session's.
import type { JsonText, Seq } from '@rookery/protocol'
import type { FollowFact } from '../logic/delivery/sessions.js'
import { entriesJson } from '../model/events.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Frame } from './connection.js'
import { decide, isBehind, type Action, type Happening, type Mode, type FeedState } from './following.js'

/** Consecutive entries or messages, beginning at `from`. */
export interface Stretch {
  readonly from: Seq
  readonly texts: readonly JsonText[]
  /** Of entries: those that begin or end a timeline. */
  readonly facts: readonly FollowFact[] | null
}

interface Held extends Stretch {
  readonly shared: () => Frame
}

/** The session, as its feeds see it. */
export interface Follower {
  readonly mode: Mode
  readonly clock: Clock
  readonly holeMs: number
  /** Queues what a feed gives. */
  emitFrame(frame: Frame): void
  /** These were among the entries just given. */
  given(facts: readonly FollowFact[]): void
  /** It is catching up from now on. */
  behind(): void
}

/** More runs than this in front of a hole are not kept: the session pulls them. */
const heldMax = 64

export class Feed<Of extends Follower = Follower> {
  /** The client has named its position in this catching up: nothing between there and the head may be passed over. */
  isNamed = false
  /** Where the last page ended that this catching up gave of it; null while it gave none. */
  pulledTo: Seq | null = null
  private held: Held[] | null = null
  private patience: Timer | null = null

  constructor(
    readonly follower: Of,
    public state: FeedState,
    /** Makes the frame that gives these. */
    private readonly frameOf: (texts: readonly JsonText[]) => Frame,
  ) {}

  /** Nothing will come any more. */
  get isOver(): boolean {
    return this.state.end !== null && this.state.at >= this.state.end
  }

  /** Catching up, where the client stands that has named it: with the end of its last page, or what it said when it connected. */
  get heldTo(): Seq {
    return this.pulledTo ?? this.state.at
  }

  /** A new catching up begins. */
  unname(): void {
    this.isNamed = false
    this.pulledTo = null
  }

  /** Something was routed to it. `shared` makes the one frame of all of it, once for all sessions. */
  routed(run: Stretch, shared: () => Frame): void {
    const before = this.state.at
    switch (this.happen({ kind: 'routed', from: run.from, to: lastOf(run) })) {
      case 'give':
        this.give(run, before, shared)
        this.giveHeld()
        break
      case 'hold':
        this.hold({ ...run, shared })
        break
    }
  }

  /** Something happened to it; answers what was decided. */
  happen(happening: Happening): Action {
    const { next, action } = decide(this.follower.mode, this.state, happening)
    this.state = next
    if (action === 'wait') this.beginPatience()
    else if (action === 'sync') this.follower.behind()
    return action
  }

  /** Drops what is held; it comes with the next pull, or not at all. */
  forget(): void {
    this.held = null
    if (this.patience !== null) this.follower.clock.clearTimeout(this.patience)
    this.patience = null
  }

  private give(run: Stretch, before: Seq, shared: () => Frame): void {
    const { at } = this.state
    const isWhole = run.from === before + 1 && at === lastOf(run)
    this.follower.emitFrame(
      isWhole ? shared() : this.frameOf(run.texts.slice(before + 1 - run.from, at + 1 - run.from)),
    )
    const facts = run.facts?.filter(({ seq }) => seq > before && seq <= at) ?? []
    if (facts.length > 0) this.follower.given(facts)
  }

  private hold(run: Held): void {
    const held = (this.held ??= [])
    const place = held.findIndex((other) => other.from > run.from)
    if (place === -1) held.push(run)
    else held.splice(place, 0, run)
    if (held.length > heldMax) this.happen({ kind: 'patience-over' })
    else this.beginPatience()
  }

  private giveHeld(): void {
    for (let run = this.held?.[0]; run !== undefined; run = this.held?.[0]) {
      const before = this.state.at
      if (lastOf(run) > before) {
        if (this.happen({ kind: 'routed', from: run.from, to: lastOf(run) }) !== 'give') break
        this.give(run, before, run.shared)
      }
      this.held?.shift()
    }
    if (this.held?.length === 0) this.held = null
    if (this.patience === null) return
    // The hole has closed; where there is another behind it, that one has its own time.
    this.follower.clock.clearTimeout(this.patience)
    this.patience = null
    if (isBehind(this.state)) this.beginPatience()
  }

  private beginPatience(): void {
    this.patience ??= this.follower.clock.setTimeout(() => {
      this.patience = null
      this.happen({ kind: 'patience-over' })
    }, this.follower.holeMs)
  }
}

const lastOf = ({ from, texts }: Stretch): Seq => from + texts.length - 1

/** Several entries as one frame. */
export const entriesFrame = (entries: readonly JsonText[]): Frame<'entries'> => ({
  event: 'entries',
  json: entriesJson(entries),
})
