// Links over socket.io: one socket for each attempt, so that nothing is buffered and nothing is repeated behind the
// client's back.
import { errorCodes, namespace, type HandshakeAuth, type ServerEvent, type WireError } from '@rookery/protocol'
import { io, type Socket } from 'socket.io-client'
import type { Dial, RawAnswer } from '../ports/link.js'

export interface SocketIoOptions {
  /** The path of the server's socket.io. Default `/socket.io`. */
  readonly path?: string
}

/** Dials a server's origin (`https://chat.example`) by websocket. */
export const socketIoDial =
  ({ path }: SocketIoOptions = {}): Dial =>
  (url, auth, events) => {
    let isOver = false
    let isReady = false
    const socket: Socket = io(new URL(namespace, url).href, {
      ...(path !== undefined && { path }),
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth: (give: (auth: HandshakeAuth) => void) => give(auth()),
    })
    const end = (tell: () => void): void => {
      if (isOver) return
      isOver = true
      socket.disconnect()
      tell()
    }
    socket.onAny((event: string, payload: unknown, acknowledge?: unknown) => {
      if (isOver) return
      if (event === 'ready') isReady = true
      const acknowledged = typeof acknowledge === 'function' ? (): void => void acknowledge() : undefined
      events.event(event as ServerEvent, payload, acknowledged)
    })
    socket.on('connect_error', (error: Error & { readonly data?: unknown }) => {
      end(() => events.refused(isWireError(error.data) ? error.data : null))
    })
    socket.on('disconnect', () => end(() => events.closed()))
    return {
      request: (event, body, answered) => {
        // socket.io keeps what is sent while it is not connected, and sends it later.
        if (isOver || !isReady || !socket.connected) return
        if (answered === undefined) socket.emit(event, body)
        else
          socket.emit(event, body, (answer: RawAnswer) => {
            if (!isOver) answered(answer)
          })
      },
      close: () => end(() => {}),
    }
  }

const isWireError = (data: unknown): data is WireError =>
  typeof data === 'object' && data !== null && Object.hasOwn(errorCodes, String((data as { code?: unknown }).code))
