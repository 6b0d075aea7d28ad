// One timeline that one session follows. It gives items in order, keeps those that overtook others, and waits for holes
// to close. A session may follow several timelines; whether it follows at all is a state of the session.
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
  /** The entries among them that begin or end a timeline. */
  readonly facts: readonly FollowFact[] | null
}

interface Held extends Stretch {
  readonly shared: () => Frame
}

/** The session as its feeds see it. */
export interface Follower {
  readonly mode: Mode
  readonly clock: Clock
  readonly holeMs: number
  /** Queues a frame of a feed. */
  emitFrame(frame: Frame): void
  /** The session has got these facts with the last entries. */
  given(facts: readonly FollowFact[]): void
  /** The session must catch up from now on. */
  behind(): void
}

/** How many stretches it keeps behind a hole. With more, the session pulls them. */
const heldMax = 64

export class Feed<Of extends Follower = Follower> {
  /**
   * Whether the client has named its position since this catching up began. Then no item between there and the head may
   * be skipped.
   */
  isNamed = false
  /** The end of the last page of this timeline in this catching up; null if there was none. */
  pulledTo: Seq | null = null
  private held: Held[] | null = null
  private patience: Timer | null = null

  constructor(
    readonly follower: Of,
    public state: FeedState,
    /** Makes a frame of items. */
    private readonly frameOf: (texts: readonly JsonText[]) => Frame,
  ) {}

  /** Whether nothing more will come. */
  get isOver(): boolean {
    return this.state.end !== null && this.state.at >= this.state.end
  }

  /**
   * While catching up: the position of a client that has named it. This is the end of its last page, or the position
   * from its handshake.
   */
  get heldTo(): Seq {
    return this.pulledTo ?? this.state.at
  }

  /** Begins a new catching up. */
  unname(): void {
    this.isNamed = false
    this.pulledTo = null
  }

  /** Takes items that were routed to the session. `shared` makes one frame of all of them, once for all sessions. */
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

  /** Applies one happening. Answers the action that was decided. */
  happen(happening: Happening): Action {
    const { next, action } = decide(this.follower.mode, this.state, happening)
    this.state = next
    if (action === 'wait') this.beginPatience()
    else if (action === 'sync') this.follower.behind()
    return action
  }

  /** Drops the kept items; they come with the next pull, if at all. */
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
    // The hole is closed. If there is another one behind it, that one gets its own time.
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

/** Several entries in one frame. */
export const entriesFrame = (entries: readonly JsonText[]): Frame<'entries'> => ({
  event: 'entries',
  json: entriesJson(entries),
})
