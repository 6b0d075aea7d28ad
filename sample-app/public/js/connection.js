// One connection to the server, which reconnects as long as that makes sense.
import { io } from '/vendor/socket.io/socket.io.esm.min.js'

const requestTimeoutMs = 12_000
const firstDelayMs = 500
const delayMsMax = 20_000

/** After these the user decides whether to come back: another session took the slot, or an admin closed this one. */
const finalKicks = new Set(['same-device-type', 'same-device', 'admin'])
/** These mean that the token is no longer valid. */
const tokenKicks = new Set(['token-expired', 'token-revoked'])

/** The client does not know the result of the request, or the server did not store it: it may send the same again. */
const retryable = new Set(['OFFLINE', 'TIMEOUT', 'RATE_LIMITED', 'OVERLOADED', 'UNAVAILABLE', 'INTERNAL'])

/** A request whose answer was not ok. */
export class RequestError extends Error {
  /** @param {{ code: string, message: string, retryAfterMs?: number }} error */
  constructor({ code, message, retryAfterMs }) {
    super(message)
    this.code = code
    this.retryAfterMs = retryAfterMs
    this.isRetryable = retryable.has(code)
  }
}

/**
 * @typedef {object} Listener
 * @property {() => object} auth the `auth` of each handshake
 * @property {(ready: any) => void} ready the session has begun
 * @property {(event: string, payload: any) => void} event any other event of the server
 * @property {(line: string) => void} status a line for the user
 * @property {(reason: 'token' | 'taken', line: string) => void} ended there will be no further attempt
 */

export class Connection {
  #attempt = 0
  #isReady = false
  #isClosed = false
  /** Set by the server's `reconnect`: the server chooses the first delay. */
  #delayMs = null
  #timer
  #socket
  #listener

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener
    this.#socket = io('/im', {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth: (give) => give(listener.auth()),
    })
    this.#socket.on('connect_error', (error) => this.#refused(error))
    this.#socket.on('disconnect', () => this.#lost())
    this.#socket.onAny((event, payload, acknowledge) => this.#received(event, payload, acknowledge))
    listener.status('Connecting…')
    addEventListener('online', this.#retryNow)
  }

  get isReady() {
    return this.#isReady
  }

  /**
   * The callback runs before any event that the server sent after the answer.
   * @param {string} event
   * @param {object} request
   * @param {(error: RequestError | null, data?: any) => void} done called once
   */
  ask(event, request, done) {
    if (!this.#isReady) return done(new RequestError({ code: 'OFFLINE', message: 'not connected' }))
    this.#socket.timeout(requestTimeoutMs).emit(event, request, (timedOut, answer) => {
      if (timedOut) done(new RequestError({ code: 'TIMEOUT', message: 'no answer' }))
      else if (answer.ok) done(null, answer.data)
      else done(new RequestError(answer.error))
    })
  }

  /**
   * @param {string} event @param {object} request @returns {Promise<any>}
   * @throws {RequestError}
   */
  request(event, request) {
    return new Promise((resolve, reject) =>
      this.ask(event, request, (error, data) => (error ? reject(error) : resolve(data))),
    )
  }

  close() {
    this.#isClosed = true
    this.#isReady = false
    clearTimeout(this.#timer)
    removeEventListener('online', this.#retryNow)
    this.#socket.disconnect()
  }

  #received(event, payload, acknowledge) {
    if (typeof acknowledge === 'function') acknowledge()
    if (event === 'ready') {
      this.#isReady = true
      this.#attempt = 0
      this.#listener.status('Online')
      this.#listener.ready(payload)
    } else if (event === 'kick') this.#kicked(payload.reason)
    else if (event === 'reconnect') this.#delayMs = payload.afterMs
    else this.#listener.event(event, payload)
  }

  #kicked(reason) {
    if (tokenKicks.has(reason)) this.#end('token', 'Your session is over. Please log in again.')
    else if (reason === 'logout') this.close()
    else if (finalKicks.has(reason)) this.#end('taken', 'You were signed in elsewhere.')
  }

  #refused(error) {
    if (error.data?.code === 'UNAUTHENTICATED') this.#end('token', 'Please log in again.')
    else this.#later(error.data?.retryAfterMs)
  }

  #lost() {
    this.#isReady = false
    this.#later(this.#delayMs)
    this.#delayMs = null
  }

  /** @param {'token' | 'taken'} reason @param {string} line */
  #end(reason, line) {
    if (this.#isClosed) return
    this.close()
    this.#listener.ended(reason, line)
  }

  /** Growing, jittered delays: clients of one server must not come back all at once. */
  #later(leastMs) {
    if (this.#isClosed) return
    const ceilingMs = Math.min(delayMsMax, firstDelayMs * 2 ** this.#attempt++)
    const delayMs = (leastMs ?? 0) + ceilingMs * (0.5 + Math.random() / 2)
    this.#listener.status('Offline. Trying again…')
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#retryNow, delayMs)
  }

  #retryNow = () => {
    clearTimeout(this.#timer)
    if (!this.#isClosed && !this.#socket.connected) this.#socket.connect()
  }
}
