// Every part of socket.io, engine.io and ws that we use beyond their documented interfaces, with the check that it has
// the expected form. No other file of this package touches such parts.
import type { IncomingMessage } from 'node:http'
import { Socket as NetSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Server as EngineServer, Socket as EngineSocket } from 'engine.io'
import type { Socket } from 'socket.io'

/** The part of a `Link` that shared listeners call. */
interface Listening {
  received(data: unknown): void
  left(): void
  netClosed(): void
  handshake(socket: NamespaceSocket, next: (error?: Error) => void): void
  opened(socket: NamespaceSocket): void
  decoded(packet: DecodedPacket): void
}

/**
 * The property under which a connection, and the TCP socket below it, keep their `Link`: shared listeners find it
 * there.
 */
export const kLink = Symbol('rookery.link')

export interface LinkedNetSocket extends NetSocket {
  [kLink]?: Listening
}

/** An engine.io connection. `writeBuffer` holds what its transport has not taken yet. */
export type EngineConnection = Omit<EngineSocket, 'writeBuffer' | 'request'> & {
  [kLink]?: Listening
  readonly writeBuffer: readonly unknown[]
  request: EngineSocket['request'] | undefined
  /** Takes a packet of the client. */
  onPacket?(packet: { readonly type: string }): void
  readonly transport: { readonly name: string; readonly writable: boolean; readonly socket?: WebSocketLike }
}

/** The part of a websocket of the `ws` package that we use. */
export interface WebSocketLike {
  readonly readyState: number
  readonly extensions: string
  listeners?(event: 'error'): unknown[]
  off?(event: 'error', listener: unknown): unknown
  pause?(): void
  resume?(): void
  readonly _socket?: unknown
  readonly _sender?: { readonly sendFrame?: unknown; readonly _state?: unknown }
}

export const webSocketOpen = 1

/** A packet as socket.io's parser makes it. */
export interface DecodedPacket {
  readonly type: number
  readonly id?: number
  readonly data?: unknown
}

/** A socket of a namespace; socket.io gives `_onpacket` every packet that its parser decoded for it. */
export type NamespaceSocket = Omit<Socket, 'handshake'> & {
  _onpacket(packet: DecodedPacket): void
  handshake: Socket['handshake'] | undefined
}

export const asEngineConnection = (conn: unknown): EngineConnection => conn as EngineConnection
export const asNamespaceSocket = (socket: Socket): NamespaceSocket => socket as unknown as NamespaceSocket

/**
 * The websocket under a connection, if frames may go straight to `net` below it: it must be a `ws` websocket on exactly
 * this socket that frames synchronously, because it compresses nothing. With any other engine the frames go through
 * engine.io.
 */
export const directWebSocket = (conn: EngineConnection, net: NetSocket): WebSocketLike | undefined => {
  const ws = conn.transport.name === 'websocket' ? conn.transport.socket : undefined
  if (ws === undefined || ws._socket !== net || !(net instanceof NetSocket)) return undefined
  if (ws.readyState !== webSocketOpen || ws.extensions !== '') return undefined
  if (typeof ws._sender?.sendFrame !== 'function' || ws._sender._state !== 0) return undefined
  return Array.isArray(conn.writeBuffer) ? ws : undefined
}

/**
 * Gives an upgrade to engine.io. Since 6.6.12 engine.io adds a listener for the socket's end on behalf of middlewares,
 * and so keeps the request for as long as the connection; we have no middlewares, so we remove it.
 */
export const handleUpgrade = (engine: EngineServer, request: IncomingMessage, socket: Duplex, head: Buffer): void => {
  const before = new Set(socket.rawListeners('close'))
  engine.handleUpgrade(request as Parameters<EngineServer['handleUpgrade']>[0], socket, head)
  for (const listener of socket.rawListeners('close')) {
    const once = 'listener' in listener ? listener.listener : undefined
    if (!before.has(listener) && typeof once === 'function') socket.off('close', once as () => void)
  }
}

/**
 * Stops reading from a client until the returned function runs. engine.io goes on to ping the client, so that it stays
 * connected. Nobody reads its pongs meanwhile, so each ping counts as answered.
 */
export const stopReading = (conn: EngineConnection, net: NetSocket): (() => void) => {
  const ws = conn.transport.socket
  const reader = ws?.pause !== undefined && ws.resume !== undefined ? ws : net
  let isReading = false
  const answered = (): void => {
    if (!isReading) conn.onPacket?.({ type: 'pong' })
  }
  const created = ({ type }: { readonly type: string }): void => {
    // engine.io begins to wait for the pong after this event.
    if (type === 'ping') setImmediate(answered)
  }
  conn.on('packetCreate', created)
  answered()
  reader.pause?.()
  return () => {
    isReading = true
    conn.off('packetCreate', created)
    reader.resume?.()
  }
}

/**
 * Releases the HTTP request that the connection began with: otherwise it stays in memory, headers and all, as long as
 * the connection. engine.io's listener for errors before the handshake keeps it too: it stays on the websocket after
 * the transport's own listener has taken over.
 */
export const dropRequest = (conn: EngineConnection): void => {
  conn.request = undefined
  const ws = conn.transport.socket
  const listeners = ws?.listeners?.('error') ?? []
  if (listeners.length < 2) return
  for (const listener of listeners) {
    if (typeof listener === 'function' && listener.name === 'onUpgradeError') ws?.off?.('error', listener)
  }
}
