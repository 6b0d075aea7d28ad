// The way to a server, as the client sees it: one connection attempt, and what comes of it.
import type { HandshakeAuth, RequestEvent, ServerEvent, WireError } from '@rookery/protocol'

/** An answer that was decoded, and not checked. */
export type RawAnswer =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly error: WireError }

/** What happens on a link. Each is called in the order in which it came over the wire. */
export interface LinkEvents {
  /** `acknowledge` is there where the server asks for an acknowledgement. */
  event(event: ServerEvent, payload: unknown, acknowledge?: () => void): void
  /** The connection was refused or did not come about; null where the server said nothing. Called instead of `closed`. */
  refused(error: WireError | null): void
  /** The connection is over, and the client did not end it itself. */
  closed(): void
}

/** One connection, from the attempt to its end. */
export interface Link {
  /**
   * Sends a request. `answered` is called at most once, in its place among the events, and never after the end.
   * Does nothing before `ready` and after the end: nothing is kept to be sent later.
   */
  request(event: RequestEvent | (string & {}), body: unknown, answered?: (answer: RawAnswer) => void): void
  /** Ends it. Nothing is called any more. */
  close(): void
}

/**
 * Opens a connection; returns at once.
 * @param auth called when the handshake leaves, for what is held then
 */
export type Dial = (url: string, auth: () => HandshakeAuth, events: LinkEvents) => Link
