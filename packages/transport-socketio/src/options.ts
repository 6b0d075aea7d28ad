// The options of a host, each with its default and the reason for it. This file alone checks them.
import { type Logger, option } from '@rookery/core'
import { type Origins, wrongInOrigins } from './origin.js'

export interface SocketIoTransportOptions {
  /**
   * Where clients connect on the HTTP server. `/socket.io`: every socket.io client uses it unless its user sets
   * another.
   */
  readonly path?: string
  /** `/im`: leaves `/` to other socket.io clients of the host. This transport serves no other namespace. */
  readonly namespace?: string
  /**
   * Which pages may connect: a list of origins (`https://shop.example`; `'*'` for any), or a function. Left out: only
   * pages of the same host and port. A client that sends no Origin (every client except a browser) passes a list and
   * the default.
   */
  readonly origins?: Origins
  /** The largest frame a client may send. 256 KiB: a full content of 64 KiB, even with every character escaped. */
  readonly frameBytesMax?: number
  /**
   * The bytes that may wait for one client; beyond it the transport cuts the connection. 4 MiB: four of the largest
   * pages.
   */
  readonly queueBytesMax?: number
  /**
   * The time from the upgrade to the end of the handshake, including `authenticate`. 10 s, which is also the maximum.
   */
  readonly connectTimeoutMs?: number
  /**
   * The time between two pings. 25 s: below the minute after which common proxies and phone networks drop a silent
   * connection.
   */
  readonly pingIntervalMs?: number
  /** How long a ping may stay unanswered. 20 s: a phone that changes networks. */
  readonly pingTimeoutMs?: number
  /** How long a closed connection may take to hand over its last frame. 2 s; then the transport destroys it. */
  readonly endGraceMs?: number
  /** Connections of this transport. 100,000: about 2.5 GB of heap. */
  readonly connectionsMax?: number
  /**
   * Connections of one address (an IPv6 /64 counts as one). 10,000: an office or a phone network behind one address.
   */
  readonly connectionsPerAddressMax?: number
  /** Connections whose handshake is not complete. 10,000: all clients return at once after a restart. */
  readonly unauthenticatedMax?: number
  /** The same for one address. 2,000: no single address takes all of them. */
  readonly unauthenticatedPerAddressMax?: number
  /**
   * How many of your own proxies stand in front, each of which appends to X-Forwarded-For. 0: the transport ignores the
   * header, because any client can send it. With 1 the last address in it is the client's, with 2 the last but one.
   */
  readonly trustedProxyHops?: number
  /**
   * Writes frames straight to the TCP socket, one write for each turn of the event loop. Default: true. `false` sends them one by one
   * through socket.io, for tools that watch there; the transport also does so on another websocket engine.
   */
  readonly directWrites?: boolean
  /** Gets refusals and faults. Left out: nobody does. */
  readonly logger?: Logger
}

const show = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return typeof value
  }
}

const never = Number.MAX_SAFE_INTEGER

const integer = (least: number, most: number = never): option.Option<number> =>
  option.whole(least, most, (value) =>
    most === never
      ? `must be an integer of at least ${least}, not ${show(value)}`
      : `must be an integer from ${least} to ${most}, not ${show(value)}`,
  )

const declared = {
  path: option.standard(
    '/socket.io',
    option.text(/^(\/[\w.~-]+)+\/?$/, (value) => `must look like "/socket.io", not ${show(value)}`),
  ),
  namespace: option.standard(
    '/im',
    option.text(/^(\/[\w.~-]+)+$/, (value) => `must look like "/im" and cannot be "/", not ${show(value)}`),
  ),
  origins: option.optional(
    option.passing<Origins>(
      (value) => wrongInOrigins(value) === undefined,
      (value) => wrongInOrigins(value)!,
    ),
  ),
  frameBytesMax: option.standard(262_144, integer(1_024, 134_217_728)),
  queueBytesMax: option.standard(4_194_304, integer(65_536)),
  connectTimeoutMs: option.standard(10_000, integer(1, 10_000)),
  pingIntervalMs: option.standard(25_000, integer(10, 2_147_483_647)),
  pingTimeoutMs: option.standard(20_000, integer(10, 2_147_483_647)),
  endGraceMs: option.standard(2_000, integer(1, 60_000)),
  connectionsMax: option.standard(100_000, integer(1)),
  connectionsPerAddressMax: option.standard(10_000, integer(1)),
  unauthenticatedMax: option.standard(10_000, integer(1)),
  unauthenticatedPerAddressMax: option.standard(2_000, integer(1)),
  trustedProxyHops: option.standard(0, integer(0, 16)),
  directWrites: option.standard(
    true,
    option.flag((value) => `must be true or false, not ${show(value)}`),
  ),
  logger: option.optional(option.anything()),
} satisfies option.Options<SocketIoTransportOptions>

/** The options with their defaults. */
export type Settings = option.ValuesOf<typeof declared>

/** The names of all options. */
export const transportOptionNames: readonly string[] = Object.keys(declared)

const mistake = (text: string): Error => new Error(`transport-socketio: ${text}`)

const words: option.Words = {
  // The fault of one entry of a list begins with a colon.
  wrong: (name, fault) => mistake(`${name}${fault.startsWith(':') ? '' : ' '}${fault}`),
  unknown: (name, _, meant) => mistake(`option ${show(name)} does not exist${meant}`),
}

/** @throws Error with one line that names the option and what it must be */
export const settle = (options: SocketIoTransportOptions): Settings => {
  const settings = option.read(declared, options, words)
  return { ...settings, path: settings.path.replace(/\/$/, '') }
}
