// What the transport counts and logs about its clients.
import type { Logger } from '@rookery/core'

/** A snapshot. The first three rise and fall; the others only grow. */
export interface TransportCounters {
  /** Connections in every state, also those that are closing. */
  readonly connections: number
  /** The connections among them whose handshake is not complete. */
  readonly unauthenticated: number
  /** Bytes that wait for clients, here or in the kernel's sockets. */
  readonly queuedBytes: number
  /** Upgrades that the transport refused: origin, limits, form. */
  readonly refused: number
  /** Connections that the transport closed because of what they sent. */
  readonly malformed: number
  /** Connections that the transport cut because they did not read. */
  readonly overflowed: number
}

/**
 * The counters that only grow. Each event also logs a line, at most one a minute of each kind: an attacker must not
 * fill the log.
 */
export class Complaints {
  refused = 0
  malformed = 0
  overflowed = 0
  readonly #logger: Logger | undefined
  readonly #quietUntil = new Map<string, number>()

  constructor(logger: Logger | undefined) {
    this.#logger = logger
  }

  /** @param why a longer text for the log, if there is more to say than the reason */
  refuse(reason: string, why?: string): void {
    this.refused++
    const message = 'socket.io connection refused'
    this.#warn(message, reason, this.refused, why === undefined ? message : `${message}: ${why}`)
  }

  malform(reason: string): void {
    this.malformed++
    this.#warn('socket.io connection closed for what it sent', reason, this.malformed)
  }

  overflow(): void {
    this.overflowed++
    this.#warn('socket.io connection cut, it does not read', 'queueBytesMax', this.overflowed)
  }

  /** A client came to our path for something other than chat. */
  foreign(path: string, wants: string): void {
    const remedy =
      `a client asked for ${wants} at path ${path}, where chat speaks socket.io in its own namespace, over websocket only; ` +
      'if another server of this app is to answer there, give one of them another path'
    this.#warn(remedy, wants)
  }

  /** Another server of the host wants our path. */
  rival(path: string): void {
    const remedy = `another websocket server was put on path ${path}, where chat is, and gets nothing there`
    this.#warn(`${remedy}; give one of them another path`, path)
  }

  /** A fault on our side of a connection. Never throws. */
  fault(message: string, error: unknown, id?: string): void {
    try {
      this.#logger?.error(message, error, id === undefined ? undefined : { id })
    } catch {
      // A logger that throws must not end a connection.
    }
  }

  #warn(message: string, reason: string, total?: number, line = message): void {
    const now = performance.now()
    const kind = `${message}: ${reason}`
    if (now < (this.#quietUntil.get(kind) ?? 0)) return
    this.#quietUntil.set(kind, now + 60_000)
    try {
      this.#logger?.warn(line, total === undefined ? undefined : { reason, total })
    } catch {
      // As above.
    }
  }
}
