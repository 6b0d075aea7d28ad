// Whether a session is given what happens as it happens, decided in one place, for all timelines that it follows: its
// user's inbox, and those of conversations that are fanned out on read. It follows all of them or none.
//
//  I1. Of a timeline a session gets live what comes right after the last it was given, only while it is following, and
//      nothing beyond the timeline's end for its user.
//  I2. It becomes following only by a pull (or a start) in which each timeline that was read ends at the head and at no
//      less than what was routed to it; one that was not read stands as it is.
//  I3. Nothing routed is forgotten: it is given, or held until the hole before it closes, or `known` remembers it, and
//      then the session cannot be following beyond the patience for holes.
//  I4. Whenever a session stops following it is told `sync`, once.
//  I5. `at` and `known` never go back while a session lives, but by a pull that it asked for.
import type { Seq } from '@rookery/protocol'

/** Of a session, not of a timeline: either it is given everything as it comes, or it pulls. */
export type Mode = 'catching-up' | 'following'

/** Where a session stands in one timeline. */
export interface FeedState {
  /** Following: the last that it was given. Catching up: the end of the last page that it was given. */
  readonly at: Seq
  /** The highest sequence known to exist. */
  readonly known: Seq
  /** The last that is for its user; null while it has no end. */
  readonly end: Seq | null
}

/** What happens in one timeline. */
export type Happening =
  /** `from` to `to`, consecutive, were routed here. */
  | { readonly kind: 'routed'; readonly from: Seq; readonly to: Seq }
  /** The heads were read: it goes as far as this. */
  | { readonly kind: 'head'; readonly seq: Seq }
  /** Nothing after `to` is for its user. */
  | { readonly kind: 'ended'; readonly to: Seq }
  /** A hole has stayed open for as long as frames may overtake one another. */
  | { readonly kind: 'patience-over' }
  /** The client does not take what it is given. */
  | { readonly kind: 'congested' }

/**
 * What to do:
 * - `give`: give what was routed beyond the `at` before, up to the `at` after, then what is held
 * - `hold`: keep it, and start the patience if it does not run
 * - `wait`: keep nothing; start the patience if it does not run
 * - `sync`: the session is catching up from now on; drop what is held, tell `sync`
 * - `nothing`
 */
export type Action = 'give' | 'hold' | 'wait' | 'sync' | 'nothing'

/** How far a timeline goes for the session's user, as far as is known. */
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
      // Its last message tells of the end, so it exists.
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

/** What a pull read of one timeline. */
export interface Read {
  /** The position held after it. */
  readonly to: Seq
  /** Storage had no more. */
  readonly last: boolean
}

/** One timeline in a pull; `read` is null where it was not read, and stands as it is. */
export interface Pulled {
  readonly state: FeedState
  readonly read: Read | null
}

/**
 * Decides what a pull does: whether the session follows from here on, and where it stands then. Pure.
 * @param isWhole the client lacks nothing besides these timelines
 */
export function decidePull(
  mode: Mode,
  timelines: readonly Pulled[],
  isWhole: boolean,
): { readonly mode: Mode; readonly states: readonly FeedState[] } {
  // A pull by a session that follows changes nothing but what it returns.
  if (mode === 'following') return { mode, states: timelines.map(({ state }) => state) }
  const follows =
    isWhole && timelines.every(({ state, read }) => read === null || (read.last && read.to >= goalOf(state)))
  const states = timelines.map(({ state: s, read }) => {
    if (read === null) return s
    return follows ? { ...s, at: read.to, known: read.to } : { ...s, at: Math.max(s.at, read.to) }
  })
  return { mode: follows ? 'following' : mode, states }
}
