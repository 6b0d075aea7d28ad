// Every part of socket.io, engine.io and ws that is used beyond their documented interfaces, and the check that it is as
// expected. Nothing else in this package reaches into them.
import type { IncomingMessage } from 'node:http'
import { Socket as NetSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Server as EngineServer, Socket as EngineSocket } from 'engine.io'
import type { Socket } from 'socket.io'
import type { Link } from './link.js'

/** Where a connection, and the TCP socket below it, keep their `Link`: shared listeners find it there. */
export const kLink = Symbol('rookery.link')

export interface LinkedNetSocket extends NetSocket {
  [kLink]?: Link
}

/** An engine.io connection. `writeBuffer` holds what its transport has not been given yet. */
export type EngineConnection = Omit<EngineSocket, 'writeBuffer' | 'request'> & {
  [kLink]?: Link
  readonly writeBuffer: readonly unknown[]
  request: EngineSocket['request'] | undefined
  /** Takes a packet of the client's. */
  onPacket?(packet: { readonly type: string }): void
  readonly transport: { readonly name: string; readonly writable: boolean; readonly socket?: WebSocketLike }
}

/** What is used of a websocket of the `ws` package. */
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

/** A packet as socket.io's parser gives it. */
export interface DecodedPacket {
  readonly type: number
  readonly id?: number
  readonly data?: unknown
}

/** A socket of a namespace; `_onpacket` is given everything that the parser decoded for it. */
export type NamespaceSocket = Omit<Socket, 'handshake'> & {
  _onpacket(packet: DecodedPacket): void
  handshake: Socket['handshake'] | undefined
}

export const asEngineConnection = (conn: unknown): EngineConnection => conn as EngineConnection
export const asNamespaceSocket = (socket: Socket): NamespaceSocket => socket as unknown as NamespaceSocket

/**
 * The websocket under a connection, if frames may be written to `net` below it: a `ws` websocket on just this socket, that
 * frames synchronously because nothing is compressed. With any other engine frames go through engine.io instead.
 */
export const directWebSocket = (conn: EngineConnection, net: NetSocket): WebSocketLike | undefined => {
  const ws = conn.transport.name === 'websocket' ? conn.transport.socket : undefined
  if (ws === undefined || ws._socket !== net || !(net instanceof NetSocket)) return undefined
  if (ws.readyState !== webSocketOpen || ws.extensions !== '') return undefined
  if (typeof ws._sender?.sendFrame !== 'function' || ws._sender._state !== 0) return undefined
  return Array.isArray(conn.writeBuffer) ? ws : undefined
}

/**
 * Gives an upgrade to engine.io. Since 6.6.12 it listens once for the socket's end on behalf of middlewares, and so keeps
 * the request for as long as the connection; we have no middlewares.
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
 * Reads nothing more from a client until what this gives is called. The client is pinged on, so that it stays; its pongs are
 * not read, and so each ping counts as answered.
 */
export const stopReading = (conn: EngineConnection, net: NetSocket): (() => void) => {
  const ws = conn.transport.socket
  const reader = ws?.pause !== undefined && ws.resume !== undefined ? ws : net
  let isReading = false
  const answered = (): void => {
    if (!isReading) conn.onPacket?.({ type: 'pong' })
  }
  const created = ({ type }: { readonly type: string }): void => {
    // engine.io begins to wait for the pong behind this event.
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
 * Lets go of the HTTP request that the connection began with: headers and all, it would be kept as long as the connection.
 * engine.io's listener for errors before the handshake keeps it too, and stays on the websocket although the transport's
 * own has taken over.
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
