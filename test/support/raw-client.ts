// A socket.io client with little more than a TCP socket: for loads, where the client must cost almost nothing, and for
// black-box tests, where it must do exactly what the test says and repair nothing. Websocket and text packets only. It
// never reconnects, never retries, and keeps no state except unanswered requests.
import { createHash, randomBytes } from 'node:crypto'
import { connect as connectTcp, type Socket } from 'node:net'
import { packetHead, readPacket } from './socketio-packets.js'
import { closeFrame, FrameReader, pongFrame, textFrame } from './websocket-frames.js'

/** Why `connect` failed: the server refused the handshake, or no connection came about. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError'
  constructor(
    message: string,
    /** `err.data` of a socket.io `connect_error`; undefined if the server gave none. */
    readonly data?: unknown,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** The connection ended before the answer came: nobody knows whether the server performed the request. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

/** How a connection ended. */
interface Closed {
  /**
   * `client`: `close` was called; `namespace`: the server closed the namespace; `server`: the connection ended;
   * `error`.
   */
  readonly by: 'client' | 'namespace' | 'server' | 'error'
  /** The websocket close code, if the server gave one. */
  readonly code?: number
  readonly error?: Error
}

/**
 * Called for each event.
 * @param args its arguments, parsed
 * @param answer present if the server asked for an acknowledgement: sends it, with the JSON texts of its values
 */
type EventListener = (event: string, args: readonly unknown[], answer?: (...json: string[]) => void) => void

/**
 * Takes an answer's JSON, an array as bytes that are valid during the call only; null if the connection ended without
 * one.
 */
type AnswerBytes = (json: Buffer | null) => void

interface ConnectOptions {
  /** `/socket.io/` by default. */
  readonly path?: string
  /** Further HTTP headers of the upgrade, such as `Origin`. */
  readonly headers?: Readonly<Record<string, string>>
  /** The most time for the upgrade, and the same again for the namespace. */
  readonly timeoutMs?: number
  /**
   * For loads: takes every event unparsed (`["name",…]`, valid during the call only), in place of the listener. Called
   * from the first event on, before `connect` has resolved.
   */
  readonly onEventBytes?: (json: Buffer) => void
}

export interface RawClient {
  /** The id that the server gave this client in its namespace. */
  readonly id: string
  /**
   * Sends an event with one argument. Everything sent within one turn of the event loop leaves as one write.
   * @param json the argument as JSON text; `null` sends no argument
   * @param answered if given, the event asks for an acknowledgement
   */
  request(event: string, json: string | null, answered?: AnswerBytes): void
  /**
   * The same for tests: sends values, resolves with the values of the answer (the first one, as docs/protocol.md says).
   * @throws NoAnswerError
   */
  ask<T = unknown>(event: string, value?: unknown): Promise<T>
  /** Sets the listener of events; it gets earlier events now. */
  onEvent(listener: EventListener): void
  /** Sends one websocket text message unchanged, for malformed packets: `42/im,["c2c"`. */
  sendText(text: string): void
  /**
   * The TCP socket, for faults: `pause()` stops reading, `destroy()` cuts. Bytes written to it go out between frames.
   */
  readonly socket: Socket
  readonly closed: Promise<Closed>
  /** Closes the connection in the regular way; unanswered requests get no answer. */
  close(): Promise<Closed>
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const HEADERS_BYTES_MAX = 16_384
const HANDSHAKE_MS = 30_000

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)))

/** Opens the TCP connection and upgrades it. @returns the socket, and the bytes after the headers */
async function upgrade(url: URL, options: ConnectOptions): Promise<{ socket: Socket; rest: Buffer }> {
  if (url.protocol !== 'http:' && url.protocol !== 'ws:') throw new ConnectError(`cannot speak ${url.protocol}`)
  const key = randomBytes(16).toString('base64')
  const socket = connectTcp({ host: url.hostname, port: Number(url.port || 80), noDelay: true })
  const lines = [
    `GET ${options.path ?? '/socket.io/'}?EIO=4&transport=websocket HTTP/1.1`,
    `Host: ${url.host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
    ...Object.entries(options.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0)
    const fail = (message: string, cause?: Error): void => {
      socket.destroy()
      reject(new ConnectError(message, undefined, cause && { cause }))
    }
    const failed = (error: Error): void => fail(error.message, error)
    const ended = (): void => fail('the server closed the connection during the upgrade')
    const data = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk])
      const end = head.indexOf('\r\n\r\n')
      if (end === -1) {
        if (head.length > HEADERS_BYTES_MAX) fail('the answer to the upgrade has no end')
        return
      }
      const text = head.toString('latin1', 0, end)
      const expected = createHash('sha1')
        .update(key + GUID)
        .digest('base64')
      if (!text.startsWith('HTTP/1.1 101')) return fail(`not upgraded: ${head.toString('utf8', 0, 300)}`)
      if (!text.includes(expected)) return fail('the server answered the upgrade with a wrong key')
      socket.off('error', failed).off('close', ended).off('data', data).setTimeout(0)
      // No data may be lost between this turn and the one in which the client listens.
      socket.pause()
      resolve({ socket, rest: head.subarray(end + 4) })
    }
    socket.on('error', failed).on('close', ended).on('data', data)
    socket.setTimeout(options.timeoutMs ?? HANDSHAKE_MS, () => fail('the server does not answer the upgrade'))
  })
}

class Client implements RawClient {
  id = ''
  readonly socket: Socket
  readonly closed: Promise<Closed>
  readonly #namespace: string
  readonly #eventHead: string
  readonly #onEventBytes: ((json: Buffer) => void) | undefined
  readonly #unanswered = new Map<number, AnswerBytes>()
  #lastId = 0
  #listener: EventListener | null = null
  #unheard: Parameters<EventListener>[] = []
  #outgoing: Buffer[] = []
  #flushing = false
  #reading = false
  #end: Closed | null = null
  #closeCode: number | undefined
  #resolveClosed!: (closed: Closed) => void
  /** Settles the handshake; null once it is complete. */
  #opening: { resolve(): void; reject(error: Error): void } | null = null

  constructor(socket: Socket, namespace: string, options: ConnectOptions) {
    this.socket = socket
    this.#namespace = namespace
    this.#eventHead = packetHead('2', namespace, null)
    this.#onEventBytes = options.onEventBytes
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
  }

  open(auth: unknown, rest: Buffer): Promise<void> {
    const reader = new FrameReader({
      text: (payload) => this.#message(payload, auth),
      ping: (payload) => this.#send(pongFrame(payload)),
      close: (code) => {
        this.#closeCode = code ?? undefined
        this.#send(closeFrame(1000))
        this.#finish({ by: 'server' })
      },
    })
    const read = (chunk: Buffer): void => {
      this.#reading = true
      try {
        reader.push(chunk)
      } catch (error) {
        this.#finish({ by: 'error', error: asError(error) })
      }
      this.#reading = false
      this.#flush()
    }
    const opened = new Promise<void>((resolve, reject) => {
      this.#opening = { resolve, reject }
    })
    this.socket.on('data', read)
    this.socket.on('error', (error) => this.#finish({ by: 'error', error }))
    this.socket.on('close', () => this.#finish({ by: 'server' }))
    if (rest.length > 0) read(rest)
    this.socket.resume()
    return opened
  }

  request(event: string, json: string | null, answered?: AnswerBytes): void {
    if (this.#end !== null) return answered?.(null)
    const args = json === null ? `["${event}"]` : `["${event}",${json}]`
    if (answered === undefined) return this.#send(textFrame(this.#eventHead + args))
    const id = ++this.#lastId
    this.#unanswered.set(id, answered)
    this.#send(textFrame(this.#eventHead + id + args))
  }

  ask<T = unknown>(event: string, value?: unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      this.request(event, value === undefined ? null : JSON.stringify(value), (json) => {
        if (json === null) return reject(new NoAnswerError(`${event} was not answered: the connection ended`))
        try {
          resolve((JSON.parse(json.toString()) as T[])[0] as T)
        } catch (error) {
          reject(asError(error))
        }
      })
    })
  }

  onEvent(listener: EventListener): void {
    this.#listener = listener
    const unheard = this.#unheard
    this.#unheard = []
    for (const event of unheard) listener(...event)
  }

  sendText(text: string): void {
    this.#send(textFrame(text))
  }

  close(): Promise<Closed> {
    if (this.#end === null) {
      this.#send(textFrame(packetHead('1', this.#namespace, null)))
      this.#send(closeFrame(1000))
      this.#finish({ by: 'client' })
    }
    return this.closed
  }

  fail(error: Error): void {
    this.#finish({ by: 'error', error })
  }

  #send(frame: Buffer): void {
    if (this.#end !== null) return
    this.#outgoing.push(frame)
    if (this.#reading || this.#flushing) return
    this.#flushing = true
    process.nextTick(() => {
      this.#flushing = false
      this.#flush()
    })
  }

  #flush(): void {
    const frames = this.#outgoing
    if (frames.length === 0) return
    this.#outgoing = []
    if (!this.socket.destroyed) this.socket.write(frames.length === 1 ? frames[0]! : Buffer.concat(frames))
  }

  #finish(end: Closed): void {
    if (this.#end !== null) return
    this.#flush()
    this.#end = this.#closeCode === undefined ? end : { ...end, code: this.#closeCode }
    if (end.by === 'error') this.socket.destroy()
    // A server that never closes its side, or a socket that is paused, must not keep this process alive.
    else this.socket.end(() => this.socket.destroy())
    this.#opening?.reject(new ConnectError(end.error?.message ?? 'the connection ended during the handshake'))
    this.#opening = null
    const unanswered = [...this.#unanswered.values()]
    this.#unanswered.clear()
    for (const answered of unanswered) answered(null)
    this.#resolveClosed(this.#end)
  }

  /** An engine.io packet. */
  #message(bytes: Buffer, auth: unknown): void {
    switch (bytes[0]) {
      case 0x34: // 4, a message
        return this.#packet(bytes)
      case 0x32: // 2, a ping
        return this.#send(textFrame('3'))
      case 0x30: // 0, open
        return this.#send(
          textFrame(packetHead('0', this.#namespace, null) + (auth === undefined ? '' : JSON.stringify(auth))),
        )
      case 0x31: // 1, close
        return this.#finish({ by: 'server' })
    }
  }

  #packet(bytes: Buffer): void {
    const packet = readPacket(bytes)
    if (packet.namespace !== this.#namespace) return
    switch (packet.type) {
      case '3': {
        const answered = packet.id === null ? undefined : this.#unanswered.get(packet.id)
        if (answered === undefined) throw new Error(`an answer to nothing: ${bytes.toString('utf8', 0, 80)}`)
        this.#unanswered.delete(packet.id!)
        return answered(packet.json)
      }
      case '2':
        return this.#onEventBytes ? this.#onEventBytes(packet.json) : this.#event(packet.json, packet.id)
      case '0':
        this.id = String((JSON.parse(packet.json.toString()) as { sid?: unknown }).sid)
        this.#opening?.resolve()
        this.#opening = null
        return
      case '1':
        return this.#finish({ by: 'namespace' })
      case '4': {
        const refusal = JSON.parse(packet.json.toString()) as { message?: string; data?: unknown }
        this.#opening?.reject(new ConnectError(refusal.message ?? 'refused', refusal.data))
        this.#opening = null
        return this.#finish({ by: 'server' })
      }
    }
  }

  #event(json: Buffer, id: number | null): void {
    const [event, ...args] = JSON.parse(json.toString()) as [string, ...unknown[]]
    const answer =
      id === null
        ? undefined
        : (...values: string[]) => this.#send(textFrame(`${packetHead('3', this.#namespace, id)}[${values.join(',')}]`))
    if (this.#listener) this.#listener(event, args, answer)
    else this.#unheard.push([event, args, answer])
  }
}

/**
 * Connects to one namespace of a socket.io server.
 * @param url `http://127.0.0.1:PORT`; no TLS
 * @param namespace `/` or `/im`
 * @param auth the socket.io `auth` object; undefined sends none
 * @throws ConnectError
 */
export async function connect(
  url: string,
  namespace: string,
  auth?: unknown,
  options: ConnectOptions = {},
): Promise<RawClient> {
  const { socket, rest } = await upgrade(new URL(url), options)
  const client = new Client(socket, namespace, options)
  const timeoutMs = options.timeoutMs ?? HANDSHAKE_MS
  const timer = setTimeout(() => client.fail(new Error(`no handshake within ${timeoutMs} ms`)), timeoutMs)
  try {
    await client.open(auth, rest)
    return client
  } finally {
    clearTimeout(timer)
  }
}
