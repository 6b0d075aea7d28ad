// The options of a host, each with its default and the reason for it. This file alone checks them.
import { didYouMean, type Logger } from '@rookery/core'
import { checkOrigins, type Origins } from './origin.js'

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

/** The options with their defaults. */
export type Settings = Required<Omit<SocketIoTransportOptions, 'origins' | 'logger'>> &
  Pick<SocketIoTransportOptions, 'origins' | 'logger'>

const never = Number.MAX_SAFE_INTEGER

/** [default, minimum, maximum] */
const numbers = {
  frameBytesMax: [262_144, 1_024, 134_217_728],
  queueBytesMax: [4_194_304, 65_536, never],
  connectTimeoutMs: [10_000, 1, 10_000],
  pingIntervalMs: [25_000, 10, 2_147_483_647],
  pingTimeoutMs: [20_000, 10, 2_147_483_647],
  endGraceMs: [2_000, 1, 60_000],
  connectionsMax: [100_000, 1, never],
  connectionsPerAddressMax: [10_000, 1, never],
  unauthenticatedMax: [10_000, 1, never],
  unauthenticatedPerAddressMax: [2_000, 1, never],
  trustedProxyHops: [0, 0, 16],
} as const satisfies Record<string, readonly [number, number, number]>

/** The names of all options. */
const transportOptionNames: ReadonlySet<string> = new Set([
  'path',
  'namespace',
  'origins',
  'directWrites',
  'logger',
  ...Object.keys(numbers),
])

const mistake = (text: string): Error => new Error(`transport-socketio: ${text}`)

const show = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return typeof value
  }
}

const number = (options: SocketIoTransportOptions, name: keyof typeof numbers): number => {
  const [standard, least, most] = numbers[name]
  const value = options[name] ?? standard
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  const range = most === never ? `of at least ${least}` : `from ${least} to ${most}`
  throw mistake(`${name} must be an integer ${range}, not ${show(value)}`)
}

/** @throws Error with one line that names the option and what it must be */
export const settle = (options: SocketIoTransportOptions): Settings => {
  for (const name of Object.keys(options)) {
    if (!transportOptionNames.has(name))
      throw mistake(`there is no option ${show(name)}${didYouMean(name, transportOptionNames)}`)
  }
  const { path = '/socket.io', namespace = '/im', origins, directWrites = true, logger } = options
  if (typeof path !== 'string' || !/^(\/[\w.~-]+)+\/?$/.test(path)) {
    throw mistake(`path must look like "/socket.io", not ${show(path)}`)
  }
  if (typeof namespace !== 'string' || !/^(\/[\w.~-]+)+$/.test(namespace)) {
    throw mistake(`namespace must look like "/im" and cannot be "/", not ${show(namespace)}`)
  }
  const wrong = checkOrigins(origins)
  if (wrong !== undefined) throw mistake(wrong)
  if (typeof directWrites !== 'boolean') throw mistake(`directWrites must be true or false, not ${show(directWrites)}`)
  return {
    path: path.replace(/\/$/, ''),
    namespace,
    origins,
    directWrites,
    logger,
    frameBytesMax: number(options, 'frameBytesMax'),
    queueBytesMax: number(options, 'queueBytesMax'),
    connectTimeoutMs: number(options, 'connectTimeoutMs'),
    pingIntervalMs: number(options, 'pingIntervalMs'),
    pingTimeoutMs: number(options, 'pingTimeoutMs'),
    endGraceMs: number(options, 'endGraceMs'),
    connectionsMax: number(options, 'connectionsMax'),
    connectionsPerAddressMax: number(options, 'connectionsPerAddressMax'),
    unauthenticatedMax: number(options, 'unauthenticatedMax'),
    unauthenticatedPerAddressMax: number(options, 'unauthenticatedPerAddressMax'),
    trustedProxyHops: number(options, 'trustedProxyHops'),
  }
}
