// A plain socket.io client for tests of a whole app: connects, waits for events, sends requests.
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { checkedSocket } from '@rookery/testing'
import { io, type Socket } from 'socket.io-client'

export interface Client {
  readonly socket: Socket
  readonly ready: { userId: string; nodeId: string; seq: number }
  /** Every event received, in order. */
  readonly events: { event: string; payload: unknown }[]
  ask(
    event: string,
    request: unknown,
  ): Promise<{ ok: boolean; data?: unknown; error?: { code: string; message: string } }>
}

/** The URL of a listening HTTP server. */
export const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

/** Connects with this token; rejects with the `data` of the refusal. */
export async function connect(
  url: string,
  token: string,
  { path = '/socket.io', namespace = '/im', deviceType = 'phone' } = {},
): Promise<Client> {
  const socket = checkedSocket(
    io(`${url}${namespace}`, {
      path,
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth: { token, deviceId: `device-of-${token}`, deviceType, protocol: 1 },
    }),
  )
  const events: Client['events'] = []
  socket.onAny((event: string, payload: unknown) => events.push({ event, payload }))
  const refused = once(socket, 'connect_error').then(([error]: { data?: unknown; message: string }[]) => {
    socket.close()
    throw Object.assign(new Error(error?.message), { data: error?.data })
  })
  const [ready] = (await Promise.race([once(socket, 'ready'), refused])) as [Client['ready']]
  return { socket, ready, events, ask: (event, request) => socket.timeout(5000).emitWithAck(event, request) }
}
