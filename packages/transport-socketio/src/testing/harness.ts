// What the tests of this package share: a gate that answers as the test says, a server with the transport on it, and clients.
// Imported by tests alone, and not built.
// oxlint-disable eslint/no-restricted-imports -- clients and the test runner belong here
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Connection, Frame, Gate, Handshake, Inbound, JsonText } from '@rookery/core'
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { attachSocketIo } from '../attach.js'
import type { SocketIoTransportOptions } from '../options.js'

/** The transport carries any event: tests make some up. */
export const frame = (event: string, value: unknown): Frame => ({
  event: event as Frame['event'],
  json: JSON.stringify(value),
})

export interface Request {
  readonly event: string
  readonly args: readonly unknown[]
  readonly answer: ((json: JsonText) => void) | undefined
}

/** One session as the gate sees it. It records everything, and answers as the test says. */
export class FakeSession implements Inbound {
  readonly requests: Request[] = []
  closes = 0
  constructor(
    readonly handshake: Handshake,
    readonly connection: Connection,
    readonly onRequest: (session: FakeSession, request: Request) => void,
  ) {}
  request(event: string, args: readonly unknown[], answer: Request['answer']): void {
    const request = { event, args, answer }
    this.requests.push(request)
    this.onRequest(this, request)
  }
  closed(): void {
    this.closes++
  }
}

/** Answers every request with its arguments. */
export const echo = (_session: FakeSession, { args, answer }: Request): void =>
  answer?.(JSON.stringify({ ok: true, data: args }))

export class FakeGate implements Gate {
  readonly sessions: FakeSession[] = []
  readonly handshakes: Handshake[] = []
  onRequest: (session: FakeSession, request: Request) => void = echo
  /** Runs before a session exists; a throw refuses the handshake. */
  onOpen: (handshake: Handshake, connection: Connection) => unknown = () => {}
  async open(handshake: Handshake, connection: Connection): Promise<Inbound> {
    this.handshakes.push(handshake)
    await this.onOpen(handshake, connection)
    const session = new FakeSession(handshake, connection, (from, request) => this.onRequest(from, request))
    this.sessions.push(session)
    connection.emit(frame('ready', { n: this.sessions.length }))
    return session
  }
  get last(): FakeSession {
    const session = this.sessions.at(-1)
    if (session === undefined) throw new Error('no session was opened')
    return session
  }
}

/** Waits until `holds` is true; otherwise fails and names what it waited for. */
export const until = async (holds: () => boolean, what: string, withinMs = 10_000): Promise<void> => {
  const deadline = performance.now() + withinMs
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

export const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

export const start = async (options: SocketIoTransportOptions = {}, server = createServer()) => {
  const gate = new FakeGate()
  const transport = attachSocketIo(server, gate, options)
  const port = await listen(server)
  onTestFinished(() => transport.close())
  const path = options.path ?? '/socket.io'
  const namespace = options.namespace ?? '/im'
  /** A socket.io client, not connected yet. */
  const client = (more: Partial<ManagerOptions & SocketOptions> = {}, nsp = namespace): Socket => {
    const socket = io(`http://127.0.0.1:${port}${nsp}`, {
      path,
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      autoConnect: false,
      ...more,
    })
    onTestFinished(() => void socket.disconnect())
    return socket
  }
  /** A socket.io client that has received `ready`. */
  const connected = async (more: Partial<ManagerOptions & SocketOptions> = {}): Promise<Socket> => {
    const socket = client(more)
    const ready = new Promise<void>((resolve, reject) => {
      socket.once('ready', () => resolve())
      socket.once('connect_error', reject)
    })
    socket.connect()
    await ready
    return socket
  }
  const raw = (more: Record<string, unknown> = {}, query = 'EIO=4&transport=websocket'): RawClient => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}/?${query}`, { perMessageDeflate: false, ...more })
    onTestFinished(() => socket.terminate())
    return new RawClient(socket, namespace)
  }
  return { gate, transport, server, port, client, connected, raw }
}

/** A websocket client that writes socket.io packets itself. */
export class RawClient {
  readonly texts: string[] = []
  closeCode: number | undefined
  error: Error | undefined
  constructor(
    readonly socket: WebSocket,
    readonly namespace: string,
  ) {
    socket.on('message', (data: Buffer) => this.texts.push(data.toString()))
    socket.on('close', (code) => (this.closeCode = code))
    socket.on('error', (error) => (this.error = error))
  }
  get closed(): boolean {
    return this.closeCode !== undefined
  }
  send(data: string | Buffer): void {
    this.socket.send(data)
  }
  async opened(): Promise<this> {
    await until(() => this.texts.length > 0 || this.closed, 'engine.io opens')
    return this
  }
  async joined(auth: object = {}): Promise<this> {
    await this.opened()
    this.send(`40${this.namespace},${JSON.stringify(auth)}`)
    await this.received('["ready"')
    return this
  }
  async received(part: string): Promise<string> {
    await until(() => this.closed || this.texts.some((text) => text.includes(part)), `receives ${part}`)
    const found = this.texts.find((text) => text.includes(part))
    if (found === undefined) throw new Error(`closed with ${this.closeCode} before it received ${part}`)
    return found
  }
}
