// The way in on an HTTP server that belongs to somebody else: upgrades of exactly one path are ours, everything else goes
// on to whom it went before, and `detach` leaves the server as it was found.
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Duplex } from 'node:stream'

const kPaths = Symbol('rookery.paths')
type SharedServer = (Server | HttpsServer) & { [kPaths]?: Set<string> }

/** What a refused upgrade is answered with. */
export interface UpgradeRefusal {
  readonly status: '400 Bad Request' | '403 Forbidden' | '429 Too Many Requests' | '503 Service Unavailable'
  readonly message: string
}

export interface HttpEntryHandlers {
  /** Why this upgrade is turned away, or undefined where it may go on. */
  refusal(request: IncomingMessage, query: URLSearchParams): UpgradeRefusal | undefined
  /** Takes the socket over. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

/** An upgrade that no listener has answered by then is dropped. */
const unansweredMs = 10_000

const target = (request: IncomingMessage): URL | undefined => {
  try {
    return new URL(request.url ?? '', 'http://localhost')
  } catch {
    return undefined
  }
}

const ignore = (): void => {}

const turnAway = (socket: Duplex, { status, message }: UpgradeRefusal): void => {
  socket.on('error', ignore)
  const length = Buffer.byteLength(message)
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n\r\n${message}`,
    () => socket.destroy(),
  )
}

/**
 * @returns detach
 * @throws Error where another transport has this path on this server
 */
export const enterHttp = (shared: Server | HttpsServer, path: string, handlers: HttpEntryHandlers): (() => void) => {
  const server: SharedServer = shared
  const paths = (server[kPaths] ??= new Set())
  if (paths.has(path)) throw new Error(`transport-socketio: path ${path} is already taken on this server; give another`)
  paths.add(path)

  const isOurs = (url: URL | undefined): url is URL => url?.pathname === path || url?.pathname === `${path}/`

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const url = target(request)
    if (isOurs(url)) {
      try {
        const refusal = handlers.refusal(request, url.searchParams)
        if (refusal === undefined) handlers.upgrade(request, socket, head)
        else turnAway(socket, refusal)
      } catch {
        // Another socket.io server on this path has taken the socket before us.
        socket.on('error', ignore)
        socket.destroy()
      }
      return
    }
    // With a listener for upgrades Node no longer drops those that nobody wants.
    if (server.listenerCount('upgrade') === 1)
      return turnAway(socket, { status: '400 Bad Request', message: 'no such path' })
    socket.on('error', ignore)
    setTimeout(() => {
      if ('bytesWritten' in socket && socket.bytesWritten === 0) socket.destroy()
    }, unansweredMs).unref()
  }

  // Long polling on our path is refused before the host's own handlers see it: two of them must not answer one request.
  const before = server.listeners('request') as RequestListener[]
  let attached = true
  const onRequest: RequestListener = (request, response) => {
    if (attached && isOurs(target(request))) {
      response.writeHead(400, { 'content-type': 'application/json', connection: 'close' })
      response.end(JSON.stringify({ code: 0, message: 'Transport unknown' }))
      return
    }
    for (const listener of before) listener.call(server, request, response)
  }
  server.removeAllListeners('request')
  server.on('request', onRequest)
  server.on('upgrade', onUpgrade)

  return () => {
    attached = false
    paths.delete(path)
    server.off('upgrade', onUpgrade)
    // Whoever wrapped the listeners after us keeps ours, which then passes everything on.
    const now = server.listeners('request') as RequestListener[]
    if (!now.includes(onRequest)) return
    server.removeAllListeners('request')
    for (const listener of now) {
      if (listener !== onRequest) server.on('request', listener)
      else for (const earlier of before) server.on('request', earlier)
    }
  }
}
