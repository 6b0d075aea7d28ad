// The narrow interface between a transport and the gate: bytes in, frames out. A transport owns one Connection a client
// and calls the Inbound that the gate gave it; the gate never touches a socket.
import type { JsonText, ServerEvent } from '@rookery/protocol'
import type { EventJson } from '../model/events.js'

/**
 * One event for a client. The same object may be emitted to many connections: a transport may keep the bytes it made of
 * it in `encoded`, so that a frame is encoded once however many receive it.
 */
export interface Frame<Event extends ServerEvent = ServerEvent> {
  readonly event: Event
  /** The event's one argument. */
  readonly json: EventJson<Event>
  /** The transport's own. */
  encoded?: unknown
}

/** The way out to one client. */
export interface Connection {
  /**
   * Queues a frame behind everything emitted and answered before; what is queued within one turn of the event loop leaves
   * as one write. From the start of the handshake on: a transport holds frames back until its handshake is through.
   * After `end`, or once the client is gone, it does nothing. Never throws.
   * @param acknowledged where given, the frame asks for an acknowledgement, and this is called when it comes.
   */
  emit(frame: Frame, acknowledged?: () => void): void
  /** Bytes queued here or in the socket that the kernel has not taken. */
  readonly queuedBytes: number
  /**
   * Reads nothing more from the client until `readOn`. What was read already still comes. Its silence does not count
   * meanwhile. After `end` it does nothing.
   */
  stopReading(): void
  /** Reads on after `stopReading`. */
  readOn(): void
  /** Discards what is queued and not yet written, writes `last` where given, and closes. Nothing leaves after it. */
  end(last?: Frame): void
}

/** The way in from one client, given by `Gate.open`. Never throws. */
export interface Inbound {
  /**
   * A request as it was decoded: all its arguments, unchecked.
   * @param answer takes the JSON text of `{ ok, … }`; queued like a frame. Absent where the client asked for none. Called
   *   at most once, in any later turn or in this one, or never (a kicked session).
   */
  request(event: string, args: readonly unknown[], answer: ((json: JsonText) => void) | undefined): void
  /** The client is gone, whoever closed. Called once, last. */
  closed(): void
}

/** What a client said when it connected, unchecked. */
export interface Handshake {
  readonly auth: unknown
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly ip: string
}

/** Where transports bring their clients. */
export interface Gate {
  /**
   * Decides on a handshake. When it resolves the session exists and `ready` has been emitted.
   * If the client goes away meanwhile the transport calls `closed` on what this resolves to.
   * @throws RookeryError whose `toWire()` the client is refused with.
   */
  open(handshake: Handshake, connection: Connection): Promise<Inbound>
}
