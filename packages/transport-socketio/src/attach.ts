// Attaches the transport to a host's HTTP server, and detaches it.
import type { Server as HttpServer } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import { createRequire } from 'node:module'
import type { Gate } from '@rookery/core'
import { Server as SocketIoServer } from 'socket.io'
import { addressKey, clientAddress } from './address.js'
import { Admission } from './admission.js'
import { Complaints, type TransportCounters } from './counters.js'
import { FlushList } from './flush-list.js'
import { enterHttp } from './http-entry.js'
import { Incoming } from './incoming.js'
import {
  asEngineConnection,
  asNamespaceSocket,
  type EngineConnection,
  handleUpgrade,
  kLink,
  type LinkedNetSocket,
} from './internals.js'
import { Link, type LinkContext } from './link.js'
import { noRooms } from './no-rooms.js'
import { settle, type Settings, type SocketIoTransportOptions } from './options.js'
import { originAllowed, shownOrigin } from './origin.js'
import { Packets } from './packets.js'

// As socket.io has loaded it: an import would read its files a second time, to find out their exports.
const require = createRequire(import.meta.url)
const { Server: EngineServer } = require('engine.io') as typeof import('engine.io')

export interface SocketIoTransport {
  counters(): TransportCounters
  /**
   * Accepts no more connections, tells every client that the server disconnects it, and resolves when all connections
   * are gone, at the latest `endGraceMs` later. The HTTP server stays open: it belongs to the host.
   */
  close(): Promise<void>
}

/** How long the HTTP server may wait for a request, ms; Node's own defaults are a minute and more. */
const httpTimeoutMsMax = 10_000

const warnOfTimeouts = (server: HttpServer | HttpsServer, settings: Settings): void => {
  for (const name of ['headersTimeout', 'requestTimeout'] as const) {
    const timeoutMs = server[name]
    if (timeoutMs > 0 && timeoutMs <= httpTimeoutMsMax) continue
    settings.logger?.warn(
      `set ${name} of the HTTP server to ${httpTimeoutMsMax} ms or less: idle connections hold it open`,
      {
        [name]: timeoutMs,
      },
    )
  }
}

// All connections share these functions, so that no connection pays for closures. A listener finds its link on the
// object that it runs on.
function onData(this: EngineConnection, data: unknown): void {
  this[kLink]?.received(data)
}
function onConnClose(this: EngineConnection): void {
  this[kLink]?.left()
}
function onNetClose(this: LinkedNetSocket): void {
  const link = this[kLink]
  delete this[kLink]
  link?.left()
  link?.netClosed()
}

const adopt = (context: LinkContext, conn: EngineConnection): void => {
  const request = conn.request
  const net: LinkedNetSocket | undefined = request?.socket
  const feed = conn.listeners('data')[0] as ((data: unknown) => void) | undefined
  if (request === undefined || net === undefined || feed === undefined) {
    conn.close()
    return
  }
  const key = addressKey(clientAddress(request, context.settings.trustedProxyHops))
  const link = new Link(context, conn, net, feed, key)
  conn[kLink] = link
  net[kLink] = link
  conn.removeAllListeners('data')
  conn.on('data', onData)
  conn.on('close', onConnClose)
  net.on('close', onNetClose)
  if (net.closed) onNetClose.call(net)
}

/**
 * Connects the clients that come to `httpServer` at `options.path` with `gate`.
 * @throws Error with one line if an option is wrong, or if another transport has this path on this server
 */
export const attachSocketIo = (
  httpServer: HttpServer | HttpsServer,
  gate: Gate,
  options: SocketIoTransportOptions = {},
): SocketIoTransport => {
  const settings = settle(options)
  const admission = new Admission(settings)
  const complaints = new Complaints(settings.logger)
  const links = new Set<Link>()
  const context: LinkContext = {
    settings,
    gate,
    packets: new Packets(settings.namespace),
    incoming: new Incoming(settings.namespace),
    flushList: new FlushList(),
    admission,
    complaints,
    links,
  }

  const io = new SocketIoServer({
    serveClient: false,
    connectTimeout: settings.connectTimeoutMs,
    adapter: noRooms,
  })
  const engine = new EngineServer({
    transports: ['websocket'],
    allowUpgrades: false,
    perMessageDeflate: false,
    httpCompression: false,
    maxHttpBufferSize: settings.frameBytesMax,
    pingInterval: settings.pingIntervalMs,
    pingTimeout: settings.pingTimeoutMs,
  })
  io.bind(engine)
  engine.on('connection', (conn: unknown) => adopt(context, asEngineConnection(conn)))
  io.of('/').use((_socket, next) => next(new Error('Invalid namespace')))
  const namespace = io.of(settings.namespace)
  namespace.use((socket, next) => {
    const link = asEngineConnection(socket.conn)[kLink]
    if (link === undefined) next(new Error('closed'))
    else link.handshake(asNamespaceSocket(socket), next)
  })
  namespace.on('connection', (socket) => asEngineConnection(socket.conn)[kLink]?.opened(asNamespaceSocket(socket)))

  const detach = enterHttp(httpServer, settings.path, {
    refusal(request, query) {
      // A second transport for one connection would bypass every check here.
      if (query.has('sid')) {
        complaints.refuse('sid')
        return { status: '400 Bad Request', message: 'websocket only, without an upgrade' }
      }
      if (!query.has('EIO')) complaints.foreign(settings.path, 'a websocket without socket.io')
      if (!originAllowed(settings.origins, request)) {
        const why = `origin ${shownOrigin(request)} is not allowed; if it is a page of yours, name it in the option origins`
        complaints.refuse('origin', why)
        return { status: '403 Forbidden', message: why }
      }
      const full = admission.refusal(addressKey(clientAddress(request, settings.trustedProxyHops)))
      if (full === undefined) return undefined
      complaints.refuse(full)
      const own = full === 'connectionsPerAddressMax' || full === 'unauthenticatedPerAddressMax'
      return { status: own ? '429 Too Many Requests' : '503 Service Unavailable', message: 'too many connections' }
    },
    upgrade: (request, socket, head) => handleUpgrade(engine, request, socket, head),
    polled: () => complaints.foreign(settings.path, 'long polling'),
    rivalled: () => complaints.rival(settings.path),
  })
  warnOfTimeouts(httpServer, settings)

  let closing: Promise<void> | undefined
  return {
    counters() {
      let queuedBytes = 0
      for (const link of links) queuedBytes += link.queuedBytes
      const { connections, unauthenticated } = admission
      const { refused, malformed, overflowed } = complaints
      return { connections, unauthenticated, queuedBytes, refused, malformed, overflowed }
    },
    close() {
      closing ??= (async () => {
        detach()
        const empty = admission.close()
        for (const link of links) link.close()
        await empty
        engine.close()
      })()
      return closing
    },
  }
}
