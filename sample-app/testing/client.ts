// A plain client of a running app: HTTP and socket.io, written from the protocol's documentation alone.
import { checkedSocket } from '@rookery/testing'
import { io, type Socket } from 'socket.io-client'

export interface Answer {
  readonly ok: boolean
  readonly data?: Record<string, unknown>
  readonly error?: { readonly code: string; readonly details?: unknown }
}

export interface ConnectedClient {
  readonly socket: Socket
  /** Every event that it received, with its payload. */
  readonly events: [string, unknown][]
}

export async function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

/** The token of a demo user. */
export async function tokenOf(url: string, username: string): Promise<string> {
  return String((await post(`${url}/auth/login`, { username, password: 'demo' })).body.token)
}

/** Connects, and resolves once the session has begun. The caller closes the socket. */
export async function connect(url: string, token: string): Promise<ConnectedClient> {
  const auth = { token, deviceId: 'd1', deviceType: 'phone', protocol: 1 }
  const socket = checkedSocket(
    io(`${url}/im`, { transports: ['websocket'], forceNew: true, reconnection: false, auth }),
  )
  const events: [string, unknown][] = []
  socket.onAny((event: string, payload: unknown) => events.push([event, payload]))
  await new Promise<void>((resolve, reject) => {
    socket.once('ready', () => resolve())
    socket.once('connect_error', reject)
  }).catch((error: unknown) => {
    socket.close()
    throw error
  })
  return { socket, events }
}

export const ask = (socket: Socket, event: string, request: unknown): Promise<Answer> =>
  socket.timeout(5000).emitWithAck(event, request) as Promise<Answer>
