// The narrow interface between a transport and the gate: bytes in, frames out. A transport has one Connection for each
// client and calls the Inbound that the gate gives it. The gate never touches a socket.
import type { JsonText, ServerEvent } from '@rookery/protocol'
import type { EventJson } from '../model/events.js'

/**
 * One event for a client. The gate may emit the same object to many connections. A transport may keep its bytes in
 * `encoded`, so that it encodes a frame once however many clients get it.
 */
export interface Frame<Event extends ServerEvent = ServerEvent> {
  readonly event: Event
  /** The event's argument as JSON text. */
  readonly json: EventJson<Event>
  /** For the transport alone. */
  encoded?: unknown
}

/** The way out to one client. */
export interface Connection {
  /**
   * Queues a frame behind everything emitted and answered before. What is queued in one turn of the event loop leaves
   * as one write. The gate may call it from the start of the handshake; the transport holds frames back until its own
   * handshake is complete. After `end`, or once the client is gone, it does nothing. Never throws.
   * @param acknowledged if given, the frame asks for an acknowledgement; called when that comes
   */
  emit(frame: Frame, acknowledged?: () => void): void
  /** Bytes in this queue or in the socket that the kernel has not taken yet. */
  readonly queuedBytes: number
  /**
   * Stops reading from the client until `readOn`. Requests that were read already still come. The client's silence does
   * not count in the meantime. After `end` it does nothing.
   */
  stopReading(): void
  /** Reads again after `stopReading`. */
  readOn(): void
  /** Drops everything queued and not yet written, writes `last` if given, and closes. Nothing leaves after that. */
  end(last?: Frame): void
}

/** The way in from one client; `Gate.open` gives it. Never throws. */
export interface Inbound {
  /**
   * Takes a request as it was decoded, with all its arguments, unchecked.
   * @param answer takes the JSON text of `{ ok, … }`, which is queued like a frame. Absent if the client asked for no
   *   answer. Called at most once, in this turn or later; never for a session that has ended
   */
  request(event: string, args: readonly unknown[], answer: ((json: JsonText) => void) | undefined): void
  /** The client is gone, whichever side closed. Called once, last. */
  closed(): void
}

/** The client's data at connect, unchecked. */
export interface Handshake {
  readonly auth: unknown
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly ip: string
}

/** The interface for transports. */
export interface Gate {
  /**
   * Decides about a handshake. When it resolves, the session exists and `ready` has been emitted. If the client goes
   * away before that, the transport calls `closed` on the result.
   * @throws RookeryError; the transport refuses the client with its `toWire()`
   */
  open(handshake: Handshake, connection: Connection): Promise<Inbound>
}
