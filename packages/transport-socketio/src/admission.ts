// Limits the number of connections: of all, of one address, and of those that are not authenticated yet. A connection
// holds its seat from the upgrade until the TCP connection is gone, so that connections that are closing count too.
import type { Settings } from './options.js'

interface AddressCount {
  readonly key: string
  connections: number
  unauthenticated: number
}

/** The seat of one connection. */
export interface Seat {
  readonly address: AddressCount
  authenticated: boolean
}

export class Admission {
  #connections = 0
  #unauthenticated = 0
  readonly #addresses = new Map<string, AddressCount>()
  readonly #max: Settings
  #closed = false
  #whenEmpty: (() => void) | undefined

  constructor(max: Settings) {
    this.#max = max
  }

  get connections(): number {
    return this.#connections
  }

  get unauthenticated(): number {
    return this.#unauthenticated
  }

  /** Returns why no further connection of this address may come in; undefined if it may. */
  refusal(key: string): string | undefined {
    const max = this.#max
    const address = this.#addresses.get(key)
    if (this.#closed) return 'closing'
    if (this.#connections >= max.connectionsMax) return 'connectionsMax'
    if (this.#unauthenticated >= max.unauthenticatedMax) return 'unauthenticatedMax'
    if (address === undefined) return undefined
    if (address.connections >= max.connectionsPerAddressMax) return 'connectionsPerAddressMax'
    if (address.unauthenticated >= max.unauthenticatedPerAddressMax) return 'unauthenticatedPerAddressMax'
    return undefined
  }

  take(key: string): Seat {
    let address = this.#addresses.get(key)
    if (address === undefined) this.#addresses.set(key, (address = { key, connections: 0, unauthenticated: 0 }))
    address.connections++
    address.unauthenticated++
    this.#connections++
    this.#unauthenticated++
    return { address, authenticated: false }
  }

  authenticated(seat: Seat): void {
    if (seat.authenticated) return
    seat.authenticated = true
    seat.address.unauthenticated--
    this.#unauthenticated--
  }

  /** Call it once for each seat. */
  leave(seat: Seat): void {
    this.authenticated(seat)
    this.#connections--
    if (--seat.address.connections === 0) this.#addresses.delete(seat.address.key)
    if (this.#connections === 0) this.#whenEmpty?.()
  }

  /** Admits nobody any more. Resolves when all connections are gone. */
  close(): Promise<void> {
    this.#closed = true
    if (this.#connections === 0) return Promise.resolve()
    return new Promise((resolve) => (this.#whenEmpty = resolve))
  }
}
