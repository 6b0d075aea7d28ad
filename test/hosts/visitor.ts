// A client of a host: logs in over the host's own HTTP, then chats by socket.io as any app's client would.
import { checkedSocket } from '@rookery/testing'
import { io, type Socket } from 'socket.io-client'

interface Answer {
  readonly ok: boolean
  readonly data?: any
  readonly error?: { readonly code: string; readonly message: string }
}

interface Visitor {
  readonly name: string
  /** The host's number, as text. */
  readonly id: string
  readonly socket: Socket
  /** Of the server's `ready`. */
  readonly ready: { readonly userId: string; readonly seq: number; readonly nodeId: string }
  /** Live entries, in order. */
  readonly entries: any[]
  ask(event: string, request: unknown): Promise<Answer>
  /** Resolves once this many live entries have arrived. */
  received(count: number): Promise<any[]>
}

/** Sends a request to the host's own HTTP interface. */
export function post(url: string, body: unknown, token?: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', ...bearer(token) }
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
}

export const bearer = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` }

/** Logs in at the host, which registers a new name. */
export async function logIn(
  url: string,
  name: string,
  roles?: readonly string[],
): Promise<{ readonly id: string; readonly token: string }> {
  const { id, token } = (await (await post(`${url}/api/auth/login`, { name, roles })).json()) as {
    id: number
    token: string
  }
  return { id: String(id), token }
}

const options = { transports: ['websocket'], forceNew: true, reconnection: false }

/** Connects to chat. Rejects with the `data` of a refusal. */
export async function enter(
  url: string,
  name: string,
  { token, since, roles }: { readonly token?: string; readonly since?: number; readonly roles?: string[] } = {},
): Promise<Visitor> {
  const auth = {
    token: token ?? (await logIn(url, name, roles)).token,
    deviceId: `phone-of-${name}`,
    deviceType: 'phone',
    protocol: 1,
    ...(since === undefined ? {} : { since }),
  }
  const socket = checkedSocket(io(`${url}/im`, { ...options, path: '/chat', auth }))
  const entries: any[] = []
  socket.on('entries', (page: { entries: any[] }) => entries.push(...page.entries))
  const ready = await new Promise<Visitor['ready']>((resolve, reject) => {
    socket.once('ready', resolve)
    socket.once('connect_error', (error: Error & { data?: unknown }) => {
      socket.close()
      reject(Object.assign(new Error(`${name} was refused: ${error.message}`), { data: error.data }))
    })
  })
  return {
    name,
    id: ready.userId,
    socket,
    ready,
    entries,
    ask: (event, request) => socket.timeout(10_000).emitWithAck(event, request) as Promise<Answer>,
    received(count) {
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${name} got ${entries.length} of ${count} entries`)), 10_000)
        const look = (): void => {
          if (entries.length < count) return
          clearTimeout(late)
          socket.off('entries', look)
          resolve(entries)
        }
        socket.on('entries', look)
        look()
      })
    },
  }
}

/** Asks the gateway that the host had before, on socket.io's own path. */
export async function askPrice(url: string, car: string): Promise<unknown> {
  const socket = io(url, options)
  try {
    return await socket.timeout(10_000).emitWithAck('price', car)
  } finally {
    socket.close()
  }
}
