// How many connections there may be: in all, from one address, and before they have said who they are. A place is held
// from the upgrade until the TCP connection is gone, so that lingering ones count too.
import type { Settings } from './options.js'

interface AddressCount {
  readonly key: string
  connections: number
  unauthenticated: number
}

/** One connection's place. */
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

  /** Why one more connection of this address cannot come in, or undefined where it can. */
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

  /** To be called once for each seat. */
  leave(seat: Seat): void {
    this.authenticated(seat)
    this.#connections--
    if (--seat.address.connections === 0) this.#addresses.delete(seat.address.key)
    if (this.#connections === 0) this.#whenEmpty?.()
  }

  /** Lets nobody in any more; resolves when everybody has left. */
  close(): Promise<void> {
    this.#closed = true
    if (this.#connections === 0) return Promise.resolve()
    return new Promise((resolve) => (this.#whenEmpty = resolve))
  }
}
