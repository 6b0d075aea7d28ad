// What a person may be told of the connection.
import type { KickReason, KickedBy, WireError } from '@rookery/protocol'

/** Why a client does not connect again by itself. */
export type EndReason =
  | { readonly kind: 'kicked'; readonly reason: KickReason; readonly by?: KickedBy }
  /** The server refused a token that was made just now. */
  | { readonly kind: 'unauthenticated'; readonly error: WireError }
  /** The server refused the connection in a way that the same attempt cannot change. */
  | { readonly kind: 'refused'; readonly error: WireError }

export type ConnectionStatus =
  /** Not asked to connect. */
  | { readonly status: 'idle' }
  | { readonly status: 'connecting' }
  /** Connected; what was missed is being read. */
  | { readonly status: 'syncing' }
  /** Connected, and nothing is missing. */
  | { readonly status: 'live' }
  /** The next attempt is at `retryAt`, Unix ms. `error` is what the last one failed with, where that is known. */
  | { readonly status: 'waiting'; readonly retryAt: number; readonly error?: WireError }
  /** Over until `connect` is called again. */
  | { readonly status: 'ended'; readonly reason: EndReason }
