// Whether a session is given live entries, decided in one place.
//
//  I1. A session gets live entries only while it is following, each beginning right after the last it was given.
//  I2. It becomes following only by a page (or a start) that ends at the head and at no less than what was routed to it.
//  I3. Nothing routed is forgotten: it is given, or held until the hole before it closes, or `known` remembers it, and
//      then the session cannot be following beyond the patience for holes.
//  I4. Whenever a session stops following it is told `sync`, once.
//  I5. `at` and `known` never go back while a session lives.
import type { Seq } from '../model/ids.js'

/** Where a session stands in its user's inbox. */
export interface Standing {
  readonly mode: 'catching-up' | 'following'
  /** Following: the last entry it was given. Catching up: the end of the last page it was given. */
  readonly at: Seq
  /** The highest sequence known to exist for it. */
  readonly known: Seq
}

/** What happens to a session. */
export type Happening =
  /** Entries `from` to `to`, consecutive, were routed here. */
  | { readonly kind: 'routed'; readonly from: Seq; readonly to: Seq }
  /** The heads were read: this many entries exist. */
  | { readonly kind: 'head'; readonly seq: Seq }
  /** A hole has stayed open for as long as frames may overtake one another. */
  | { readonly kind: 'patience-over' }
  /** The client does not take what it is given. */
  | { readonly kind: 'congested' }
  /** It asked for a page, which ends here; `last` where storage had no more. */
  | { readonly kind: 'page'; readonly to: Seq; readonly last: boolean }

/**
 * What to do:
 * - `give`: give what was routed beyond `at` (some of it may be older), then what is held
 * - `hold`: keep it, and start the patience if it does not run
 * - `wait`: keep nothing; start the patience if it does not run
 * - `sync`: drop what is held, tell `sync`
 * - `follow`: the page is the last one; live entries come from here on
 * - `nothing`
 */
export type Action = 'give' | 'hold' | 'wait' | 'sync' | 'follow' | 'nothing'

/** Decides one step. Pure. */
export function decide(s: Standing, happening: Happening): { readonly next: Standing; readonly action: Action } {
  switch (happening.kind) {
    case 'routed': {
      const known = Math.max(s.known, happening.to)
      if (s.mode === 'catching-up') return { next: { ...s, known }, action: 'nothing' }
      if (happening.to <= s.at) return { next: s, action: 'nothing' }
      if (happening.from > s.at + 1) return { next: { ...s, known }, action: 'hold' }
      return { next: { mode: 'following', at: happening.to, known }, action: 'give' }
    }
    case 'head': {
      if (happening.seq <= s.known && (s.mode === 'catching-up' || s.at === s.known))
        return { next: s, action: 'nothing' }
      const next = { ...s, known: Math.max(s.known, happening.seq) }
      return { next, action: s.mode === 'following' && next.known > s.at ? 'wait' : 'nothing' }
    }
    case 'patience-over':
      if (s.mode === 'catching-up' || s.at >= s.known) return { next: s, action: 'nothing' }
      return { next: { ...s, mode: 'catching-up' }, action: 'sync' }
    case 'congested':
      if (s.mode === 'catching-up') return { next: s, action: 'nothing' }
      return { next: { ...s, mode: 'catching-up' }, action: 'sync' }
    case 'page': {
      if (s.mode === 'following') return { next: s, action: 'nothing' }
      const at = Math.max(s.at, happening.to)
      if (!happening.last || happening.to < s.known) return { next: { ...s, at }, action: 'nothing' }
      return { next: { mode: 'following', at: happening.to, known: happening.to }, action: 'follow' }
    }
  }
}
