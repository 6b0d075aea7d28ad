// The entry on an HTTP server that belongs to the host. The transport takes what comes for exactly one path; everything
// else goes to the listeners that had it before; `detach` restores the server.
//
// Other websocket servers answer, or destroy, every upgrade whose path is not theirs. So our upgrades must not reach
// their listeners, in whatever order they were added: we override the server's `emit` and take our upgrades there.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { claims } from './rivals.js'

type SharedServer = Server | HttpsServer
type Emit = (this: SharedServer, event: string | symbol, ...args: unknown[]) => boolean

const kEntry = Symbol('rookery.entry')

/** The answer to a refused upgrade. */
interface UpgradeRefusal {
  readonly status: '400 Bad Request' | '403 Forbidden' | '429 Too Many Requests' | '503 Service Unavailable'
  readonly message: string
}

interface HttpEntryHandlers {
  /** Returns why this upgrade is refused; undefined if it may go on. */
  refusal(request: IncomingMessage, query: URLSearchParams): UpgradeRefusal | undefined
  /** Takes over the socket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Called when a plain request came for the path, which the entry refuses. */
  polled(): void
  /** Called when another websocket server was put on this path after us. It gets no upgrade of this path. */
  rivalled(): void
}

/** The entry drops an upgrade that no listener has answered within this time, ms. */
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

/** The entry of one HTTP server: all its transports, by path. */
class HttpEntry {
  readonly paths = new Map<string, HttpEntryHandlers>()
  /** The server's own `emit`, if it has one besides that of its class. */
  private readonly ownEmit: Emit | undefined
  private readonly emit: Emit = (event, ...args) => {
    if ((event === 'upgrade' || event === 'request') && this.took(event, args)) return true
    return this.passOn(event, args)
  }

  constructor(private readonly server: SharedServer & { [kEntry]?: HttpEntry }) {
    this.ownEmit = Object.hasOwn(server, 'emit') ? (server.emit as Emit) : undefined
    server.emit = this.emit as typeof server.emit
    // Without a listener for upgrades Node itself drops them.
    server.on('upgrade', this.onForeignUpgrade)
    server.on('newListener', this.onNewListener)
    server[kEntry] = this
  }

  static of(server: SharedServer & { [kEntry]?: HttpEntry }): HttpEntry {
    return server[kEntry] ?? new HttpEntry(server)
  }

  remove(path: string): void {
    this.paths.delete(path)
    const { server } = this
    if (this.paths.size > 0) return
    server.off('upgrade', this.onForeignUpgrade)
    server.off('newListener', this.onNewListener)
    delete server[kEntry]
    // Other code has wrapped our `emit` since: ours stays, and passes everything on from now on.
    if ((server.emit as Emit) !== this.emit) return
    if (this.ownEmit === undefined) delete (server as { emit?: unknown }).emit
    else server.emit = this.ownEmit as typeof server.emit
  }

  private passOn(event: string | symbol, args: unknown[]): boolean {
    // Looked up at each call, because tools that watch HTTP replace the method of the class.
    const emit = this.ownEmit ?? (Object.getPrototypeOf(this.server) as { emit: Emit }).emit
    return emit.call(this.server, event, ...args)
  }

  private took(event: 'upgrade' | 'request', args: unknown[]): boolean {
    const request = args[0] as IncomingMessage
    const url = target(request)
    const handlers = url && this.paths.get(url.pathname.replace(/(?<=.)\/$/, ''))
    if (url === undefined || handlers === undefined) return false
    if (event === 'upgrade') upgrade(handlers, request, url, args[1] as Duplex, args[2] as Buffer)
    else refusePolling(handlers, args[1] as ServerResponse)
    return true
  }

  private readonly onForeignUpgrade = (_: IncomingMessage, socket: Duplex): void => {
    if (this.server.listenerCount('upgrade') === 1)
      return turnAway(socket, { status: '400 Bad Request', message: 'no such path' })
    socket.on('error', ignore)
    setTimeout(() => {
      if ('bytesWritten' in socket && socket.bytesWritten === 0) socket.destroy()
    }, unansweredMs).unref()
  }

  private readonly onNewListener = (event: string | symbol, listener: unknown): void => {
    if (event !== 'upgrade') return
    // Not earlier: the caller that adds the listener sets its path only afterwards.
    setImmediate(() => {
      for (const [path, handlers] of this.paths) if (claims(listener, path)) handlers.rivalled()
    })
  }
}

function upgrade(handlers: HttpEntryHandlers, request: IncomingMessage, url: URL, socket: Duplex, head: Buffer): void {
  try {
    const refusal = handlers.refusal(request, url.searchParams)
    if (refusal === undefined) handlers.upgrade(request, socket, head)
    else turnAway(socket, refusal)
  } catch {
    // A listener took the socket before it came here.
    socket.on('error', ignore)
    socket.destroy()
  }
}

// Refuses long polling before the host's own handlers see it: two handlers must not answer one request.
function refusePolling(handlers: HttpEntryHandlers, response: ServerResponse): void {
  handlers.polled()
  response.writeHead(400, { 'content-type': 'application/json', connection: 'close' })
  response.end(JSON.stringify({ code: 0, message: 'Transport unknown' }))
}

/**
 * @returns detach
 * @throws Error if another transport, or another websocket server, has this path on this server
 */
export const enterHttp = (server: SharedServer, path: string, handlers: HttpEntryHandlers): (() => void) => {
  const taken = (by: string): Error =>
    new Error(
      `transport-socketio: path ${path} is already taken on this server by ${by}; give one of them another path`,
    )
  if (server.listeners('upgrade').some((listener) => claims(listener, path)))
    throw taken('another websocket server, such as a gateway of the host')
  const entry = HttpEntry.of(server)
  if (entry.paths.has(path)) throw taken('another transport')
  entry.paths.set(path, handlers)
  let isAttached = true
  return () => {
    if (isAttached) entry.remove(path)
    isAttached = false
  }
}
