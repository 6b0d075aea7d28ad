// Decides whether a session gets items live, in one place, for all timelines that it follows: its user's inbox, and the
// conversations that are fanned out on read. It follows all of them or none.
//
//  I1. Of each timeline a session gets live only the item right after the last one that it got, only while it follows,
//      and nothing beyond the end of the timeline for its user.
//  I2. It begins to follow only by a pull (or at its start) in which each timeline that was read ends at its head, and
//      not before any item that was routed to it. A timeline that was not read keeps its position.
//  I3. Nothing routed is forgotten. The session gets it, or it is held until the hole before it closes, or `known`
//      remembers it; then the session cannot follow for longer than the patience for holes.
//  I4. Whenever a session stops following, it gets `sync`, once.
//  I5. `at` and `known` never go back while a session lives, except by a pull that it asked for.
import type { Seq } from '@rookery/protocol'

/** The mode of a session, not of a timeline: it gets everything live, or it pulls. */
export type Mode = 'catching-up' | 'following'

/** The position of a session in one timeline. */
export interface FeedState {
  /** While following: the last item that it got. While catching up: the end of the last page that it got. */
  readonly at: Seq
  /** The highest sequence known to exist. */
  readonly known: Seq
  /** The last item for its user; null while the timeline has no end for that user. */
  readonly end: Seq | null
}

/** An event of one timeline. */
export type Happening =
  /** The items `from` to `to`, consecutive, were routed to the session. */
  | { readonly kind: 'routed'; readonly from: Seq; readonly to: Seq }
  /** The heads were read: the timeline reaches this sequence. */
  | { readonly kind: 'head'; readonly seq: Seq }
  /** Nothing after `to` is for its user. */
  | { readonly kind: 'ended'; readonly to: Seq }
  /** A hole has stayed open for as long as frames may overtake one another. */
  | { readonly kind: 'patience-over' }
  /** The client does not take what it gets. */
  | { readonly kind: 'congested' }

/**
 * What to do:
 * - `give`: give the routed items after the previous `at`, up to the new `at`, then what is held
 * - `hold`: keep the items, and start the patience timer if it does not run
 * - `wait`: keep nothing; start the patience timer if it does not run
 * - `sync`: the session catches up from now on; drop what is held, and send `sync`
 * - `nothing`
 */
export type Action = 'give' | 'hold' | 'wait' | 'sync' | 'nothing'

/** How far the timeline is known to reach for the session's user. */
export const goalOf = ({ known, end }: FeedState): Seq => (end === null ? known : Math.min(known, end))

export const isBehind = (s: FeedState): boolean => s.at < goalOf(s)

/** Decides one step in one timeline. Pure. */
export function decide(
  mode: Mode,
  s: FeedState,
  happening: Happening,
): { readonly next: FeedState; readonly action: Action } {
  switch (happening.kind) {
    case 'routed': {
      const to = s.end === null ? happening.to : Math.min(happening.to, s.end)
      if (happening.from > to) return decide(mode, s, { kind: 'head', seq: to })
      const known = Math.max(s.known, to)
      if (mode === 'catching-up') return { next: { at: s.at, known, end: s.end }, action: 'nothing' }
      if (to <= s.at) return { next: s, action: 'nothing' }
      if (happening.from > s.at + 1) return { next: { at: s.at, known, end: s.end }, action: 'hold' }
      return { next: { at: to, known, end: s.end }, action: 'give' }
    }
    case 'head': {
      const next = { at: s.at, known: Math.max(s.known, happening.seq), end: s.end }
      return { next, action: mode === 'following' && isBehind(next) ? 'wait' : 'nothing' }
    }
    case 'ended': {
      // The last message is the one that tells of the end, so it exists.
      const end = s.end === null ? happening.to : Math.min(s.end, happening.to)
      const next = { at: s.at, known: Math.max(s.known, end), end }
      return { next, action: mode === 'following' && isBehind(next) ? 'wait' : 'nothing' }
    }
    case 'patience-over':
      return { next: s, action: mode === 'following' && isBehind(s) ? 'sync' : 'nothing' }
    case 'congested':
      return { next: s, action: mode === 'following' ? 'sync' : 'nothing' }
  }
}

/** The part of a pull that read one timeline. */
export interface Read {
  /** The position after it. */
  readonly to: Seq
  /** Whether storage had no more. */
  readonly last: boolean
}

/** One timeline in a pull. `read` is null if the pull did not read it; then it keeps its position. */
export interface Pulled {
  readonly state: FeedState
  readonly read: Read | null
}

/**
 * Decides what a pull changes: whether the session follows from here on, and its positions. Pure.
 * @param isWhole whether the client lacks nothing besides these timelines
 */
export function decidePull(
  mode: Mode,
  timelines: readonly Pulled[],
  isWhole: boolean,
): { readonly mode: Mode; readonly states: readonly FeedState[] } {
  // For a session that follows, a pull only returns a page.
  if (mode === 'following') return { mode, states: timelines.map(({ state }) => state) }
  const follows =
    isWhole && timelines.every(({ state, read }) => read === null || (read.last && read.to >= goalOf(state)))
  const states = timelines.map(({ state: s, read }) => {
    if (read === null) return s
    return follows ? { ...s, at: read.to, known: read.to } : { ...s, at: Math.max(s.at, read.to) }
  })
  return { mode: follows ? 'following' : mode, states }
}
