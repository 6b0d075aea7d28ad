// The names under which the adapters' modules provide the ports to the host's container.

/** Registered symbols: two copies of this package in one process have the same ones. */
export const tokens = {
  storage: Symbol.for('@rookery/core:storage'),
  presence: Symbol.for('@rookery/core:presence'),
  outbox: Symbol.for('@rookery/core:outbox'),
  push: Symbol.for('@rookery/core:push'),
  bus: Symbol.for('@rookery/core:bus'),
  observer: Symbol.for('@rookery/core:observer'),
  clock: Symbol.for('@rookery/core:clock'),
  random: Symbol.for('@rookery/core:random'),
} as const
