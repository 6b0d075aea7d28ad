// How the transport tells a client that the gate refused its handshake.
import { randomUUID } from 'node:crypto'
import { RookeryError } from '@rookery/core'
import type { Complaints } from './counters.js'

/** socket.io makes a `connect_error` of it. */
interface HandshakeRefusal extends Error {
  readonly data: object
}

const asRefusal = (error: RookeryError): HandshakeRefusal => {
  const wire = error.toWire()
  return Object.assign(new Error(wire.message), { data: wire })
}

/**
 * The client sees only what a RookeryError shows. Any other error goes to the log under an id, and the client gets the
 * id.
 */
export const refusalOf = (error: unknown, complaints: Complaints): HandshakeRefusal => {
  if (error instanceof RookeryError) {
    try {
      const refusal = asRefusal(error)
      // socket.io encodes it in a later tick, where a throw would end the process.
      JSON.stringify(refusal.data)
      return refusal
    } catch (fault) {
      complaints.fault('the details of a refusal are no JSON value', fault)
      return asRefusal(new RookeryError(error.code, error.message))
    }
  }
  const id = randomUUID()
  complaints.fault('handshake failed', error, id)
  return asRefusal(new RookeryError('INTERNAL', 'The server failed; try again.', { details: { id } }))
}
