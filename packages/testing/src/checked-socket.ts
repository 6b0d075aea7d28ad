// A socket.io client that fails the test run where the server sends what the protocol does not have.
import { answerFault, eventFault, refusalFault } from '@rookery/protocol/schemas'
import { failOn } from './misshapen.js'

/** What it needs of a socket of `socket.io-client`. */
interface ClientSocket {
  onAny(listener: (event: string, ...args: unknown[]) => void): unknown
  on(event: 'connect_error', listener: (error: Error & { readonly data?: unknown }) => void): unknown
  emit(event: string, ...args: never[]): unknown
}

/** A listener for an answer; socket.io gives it an error in front where `withError` is set. */
type Acknowledged = ((...given: unknown[]) => void) & { readonly withError?: boolean }

/**
 * Checks every event, every answer and every refusal that comes on a socket in the namespace of chat.
 * @returns the same socket
 */
export function checkedSocket<Socket extends ClientSocket>(socket: Socket): Socket {
  socket.onAny((event, payload) => failOn(eventFault(event, payload)))
  socket.on('connect_error', ({ data }) => {
    // Without data the connection did not come about, and the server said nothing.
    if (data !== undefined) failOn(refusalFault(data))
  })
  const emit = socket.emit.bind(socket) as (event: string, ...args: unknown[]) => unknown
  const checked = (event: string, ...args: unknown[]): unknown => {
    const answered = args.at(-1)
    if (typeof answered !== 'function') return emit(event, ...args)
    const take = (...given: unknown[]): void => {
      const answer = given.at(-1)
      if (!(answer instanceof Error)) failOn(answerFault(event, answer))
      answered(...given)
    }
    const { withError } = answered as Acknowledged
    return emit(event, ...args.slice(0, -1), Object.assign(take, { withError }))
  }
  return Object.assign(socket, { emit: checked })
}
