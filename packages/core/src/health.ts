// The state of a node: whether it can serve, and how much work it has.
import type { DeviceType } from '@rookery/protocol'
import type { Lease } from './gate/lease.js'
import type { Registry } from './gate/registry.js'
import { within } from './logic/host/deadlines.js'
import type { OutboxMover } from './logic/outbox/outbox-mover.js'
import type { ParkedRows } from './logic/outbox/parked-rows.js'
import type { Push } from './logic/push/room.js'
import type { Writer } from './logic/storing/writer.js'
import type { Timing } from './options/limits.js'
import type { Clock } from './ports/clock.js'
import type { Presence } from './ports/presence.js'
import type { Storage } from './ports/storage.js'

/** The state of each part of a node; `reason` where it is not ok. */
export interface Health {
  readonly ok: boolean
  readonly parts: Readonly<Record<string, { readonly ok: boolean; readonly reason?: string }>>
}

/** Figures of a node at one moment. */
export interface NodeStats {
  /** By device type, for every type that the node knows. */
  readonly sessions: Readonly<Record<DeviceType, number>>
  /** Operations that wait to be stored or are under way. */
  readonly writerQueue: number
  /** For how long commits have been failing; 0 while they succeed. */
  readonly commitsFailingMs: number
  /** For how long presence has not answered; 0 while it does. */
  readonly presenceAwayMs: number
  /** Rows of host transactions that wait, and rows that are parked, at the last count. Absent without an outbox. */
  readonly outbox?: { readonly waiting: number; readonly parked: number }
  /** Users who wait for an acknowledgement, and notifications that wait for a provider. Absent without push. */
  readonly push?: { readonly users: number; readonly notifications: number }
}

interface Parts {
  readonly storage: Pick<Storage, 'heads' | 'commit'>
  readonly presence: Pick<Presence, 'nodes'>
  readonly deviceSlots: ReadonlyMap<DeviceType, string>
  readonly registry: Registry
  readonly lease: Pick<Lease, 'awayMs'>
  readonly writer: Writer
  readonly mover: OutboxMover | null
  readonly parked: ParkedRows | null
  readonly push: Push | null
  readonly clock: Clock
  readonly timing: Timing
}

export class NodeHealth {
  /** Storage is asked once, however many calls come at the same time. */
  private proof: Promise<unknown> | null = null

  constructor(private readonly parts: Parts) {}

  /** Whether the node can serve, with the reason for each part that cannot. */
  async ask(gate: Health['parts'][string]): Promise<Health> {
    const { presence, parked, push } = this.parts
    const [storage, nodes, outbox] = await Promise.all([
      probe(() => (this.proof ??= this.prove().finally(() => (this.proof = null)))),
      probe(() => presence.nodes()),
      parked === null ? {} : probe(() => this.nothingParked(parked)).then((found) => ({ outbox: found })),
    ])
    const trouble = push?.run.trouble ?? null
    const pushing: Health['parts'] =
      push === null ? {} : { push: trouble === null ? { ok: true } : { ok: false, reason: trouble } }
    // Without presence, users of one node can still talk; besides parked rows, other rows are moved; without a push provider, messages arrive later. So these are
    // reported, but the node stays able to serve.
    return { ok: gate.ok && storage.ok, parts: { gate, storage, presence: nodes, ...outbox, ...pushing } }
  }

  /** It goes through all sessions, so call it a few times a minute at most. */
  stats(): NodeStats {
    const { deviceSlots, registry, timing, writer, mover, parked, push, lease } = this.parts
    const sessions: Record<DeviceType, number> = Object.fromEntries([...deviceSlots.keys()].map((type) => [type, 0]))
    for (const { deviceType } of registry.all()) sessions[deviceType] = (sessions[deviceType] ?? 0) + 1
    return {
      sessions,
      writerQueue: writer.length,
      commitsFailingMs: writer.failing(timing.sendDeadlineMs)?.forMs ?? 0,
      presenceAwayMs: lease.awayMs,
      ...(mover === null ? {} : { outbox: { waiting: mover.waiting, parked: parked!.known } }),
      ...(push === null ? {} : { push: push.run.waiting }),
    }
  }

  /** Reads, writes, and checks the last commits. */
  private async prove(): Promise<void> {
    const { storage, writer, timing } = this.parts
    await Promise.all([storage.heads.loginEpoch(), storage.commit([])])
    const trouble = writer.failing(timing.sendDeadlineMs)
    if (trouble !== null) throw new Error(`commits fail: ${trouble.reason}`)
  }

  private async nothingParked(parked: ParkedRows): Promise<void> {
    const { clock, timing } = this.parts
    const count = await within(clock, timing.handlerDeadlineMs, 'the outbox', parked.count())
    if (count > 0)
      throw new Error(
        `${count} ${count === 1 ? 'row is' : 'rows are'} parked: \`rookery parked\` lists them with their reasons`,
      )
  }
}

async function probe(run: () => Promise<unknown>): Promise<{ ok: boolean; reason?: string }> {
  try {
    await run()
    return { ok: true }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : 'unknown' }
  }
}
