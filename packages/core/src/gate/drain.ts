// The end of a node. Its clients are told in waves to connect elsewhere, so that the other nodes are not stormed by
// logins; the node serves each of them until it has gone. Then it answers what it accepted, and closes.
import type { Deliveries } from '../logic/delivery/deliveries.js'
import type { Writer } from '../logic/storing/writer.js'
import { reconnectJson } from '../model/events.js'
import type { DrainRules, Timing } from '../options/limits.js'
import type { Clock } from '../ports/clock.js'
import type { Random } from '../ports/random.js'
import type { Registry } from './registry.js'
import type { Requests } from './requests.js'
import type { Session } from './session.js'
import type { Slots } from './slots.js'
import { toldBy } from './waves.js'

/** The time between two waves, and between two looks at who has gone. */
const stepMs = 10
/** How long a client that was told has to go before the node closes its session. A round trip of a phone, and more. */
const leaveMs = 500
/** The part of the deadline after which requests are no longer taken, so that the rest is enough to answer them. */
const lastCall = 0.9

interface Parts {
  readonly registry: Registry
  readonly requests: Requests
  readonly slots: Slots
  readonly writer: Writer
  readonly deliveries: Deliveries
  readonly clock: Clock
  readonly random: Random
  readonly timing: Timing
  readonly drainRules: DrainRules
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
  drainRules: { loginsPerSecond },
}: Parts): Promise<void> {
  // The node leaves the list of those that take clients first, so that nobody is sent back to it.
  await slots.renewLease().catch(() => {})
  const { drainMs } = timing
  const startedMs = clock.monotonic()
  const elapsedMs = (): number => clock.monotonic() - startedMs
  const step = (): Promise<void> => new Promise((resolve) => clock.setTimeout(resolve, stepMs))

  const sessions = [...registry.all()]
  const leaving = new Leaving(requests, clock)
  for (let told = 0; registry.size > 0 && elapsedMs() < lastCall * drainMs; await step()) {
    const next = toldBy(sessions.length, elapsedMs(), stepMs, { loginsPerSecond, drainMs })
    for (; told < next; told++) leaving.tell(sessions[told]!, Math.floor(random.next() * stepMs))
    // Logins that were under way when the drain began.
    if (told === sessions.length) for (const session of registry.all()) leaving.tell(session, 0)
    leaving.look()
  }

  requests.refuseNew(registry.all())
  let isSettled = false
  void requests.settled().then(() => (isSettled = true))
  const mayClose = (): boolean => isSettled && [...registry.all()].every((session) => session.queuedBytes === 0)
  do await step()
  while (!mayClose() && elapsedMs() < drainMs)
  for (const session of [...registry.all()]) session.end(null, null)
  await deliveries.flush()
  await writer.flushed()
}

/** The sessions that were told to leave and have not gone. */
class Leaving {
  /** When each was told, in this order. */
  private readonly told = new Map<Session, number>()

  constructor(
    private readonly requests: Requests,
    private readonly clock: Clock,
  ) {}

  tell(session: Session, afterMs: number): void {
    if (session.isClosed || this.told.has(session)) return
    session.emit('reconnect', reconnectJson({ afterMs }))
    this.requests.beginPaced(session)
    this.told.set(session, this.clock.monotonic())
  }

  /** Closes the sessions whose clients had time to go, and wait for nothing. */
  look(): void {
    const beforeMs = this.clock.monotonic() - leaveMs
    for (const [session, toldMs] of this.told) {
      if (toldMs > beforeMs) return
      if (session.isClosed) this.told.delete(session)
      else if (session.requests.unanswered === 0 && session.queuedBytes === 0) session.end(null, null)
    }
  }
}
