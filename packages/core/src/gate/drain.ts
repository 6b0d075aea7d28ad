// The end of a node: clients are told to connect elsewhere, what was accepted is answered, and then the sockets close.
import type { Deliveries } from '../logic/delivery/deliveries.js'
import type { Writer } from '../logic/storing/writer.js'
import { reconnectJson } from '../model/events.js'
import type { Timing } from '../options/limits.js'
import type { Clock } from '../ports/clock.js'
import type { Random } from '../ports/random.js'
import type { Registry } from './registry.js'
import type { Requests } from './requests.js'
import type { Slots } from './slots.js'

/** Clients come back spread over this time, so that the next node is not stormed. */
const spreadMs = 2000
const lookMs = 10

interface Parts {
  readonly registry: Registry
  readonly requests: Requests
  readonly slots: Slots
  readonly writer: Writer
  readonly deliveries: Deliveries
  readonly clock: Clock
  readonly random: Random
  readonly timing: Timing
}

/** Resolves once every session is closed, within `drainMs` and a little. */
export async function drain({
  registry,
  requests,
  slots,
  writer,
  deliveries,
  clock,
  random,
  timing,
}: Parts): Promise<void> {
  requests.refuseNew(registry.all())
  // The node leaves the list of those that take clients first, so that nobody is sent back to it.
  await slots.renewLease().catch(() => {})
  for (const session of registry.all())
    session.emit('reconnect', reconnectJson({ afterMs: Math.floor(random.next() * spreadMs) }))
  let isSettled = false
  void requests.settled().then(() => (isSettled = true))
  const untilMs = clock.monotonic() + timing.drainMs
  const mayClose = (): boolean => isSettled && [...registry.all()].every((session) => session.queuedBytes === 0)
  do await new Promise<void>((resolve) => clock.setTimeout(resolve, lookMs))
  while (!mayClose() && clock.monotonic() < untilMs)
  for (const session of [...registry.all()]) session.end(null, null)
  await deliveries.flush()
  await writer.flushed()
}
