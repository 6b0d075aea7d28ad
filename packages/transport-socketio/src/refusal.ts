// How a handshake that the gate refuses is told to the client.
import { randomUUID } from 'node:crypto'
import { RookeryError } from '@rookery/core'
import type { Complaints } from './counters.js'

/** What socket.io makes a `connect_error` of. */
export interface HandshakeRefusal extends Error {
  readonly data: object
}

const asRefusal = (error: RookeryError): HandshakeRefusal => {
  const wire = error.toWire()
  return Object.assign(new Error(wire.message), { data: wire })
}

/** Only what a RookeryError shows reaches the client; anything else is logged under an id, and the client is told the id. */
export const refusalOf = (error: unknown, complaints: Complaints): HandshakeRefusal => {
  if (error instanceof RookeryError) {
    try {
      const refusal = asRefusal(error)
      // socket.io encodes it in a tick of its own, where a throw would end the process.
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
