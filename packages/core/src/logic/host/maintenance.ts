// What a host asks for beside chat: to take away what is old now, to have every counter looked at, and to give or erase what
// is kept of one user.
import type { MessageId, UserId } from '@rookery/protocol'
import { entryJson, storedMessageJson } from '../../model/wire.js'
import type { Timing } from '../../options/limits.js'
import type { Retention as Kept } from '../../options/retention.js'
import type { Clock } from '../../ports/clock.js'
import type { ParkedPage } from '../../ports/outbox.js'
import type { Presence } from '../../ports/presence.js'
import {
  type Belonging,
  type Exported,
  type Finding,
  type MaintenanceStep,
  type OwnReaction,
  type Storage,
  StorageError,
} from '../../ports/storage.js'
import type { Kicks } from '../delivery/kicks.js'
import type { Cluster } from '../delivery/cluster.js'
import type { Deliveries } from '../delivery/deliveries.js'
import { leaveGroups, type OwnedGroups, refuseOwned } from '../groups/leave-groups.js'
import type { ParkedRequest, ParkedRows } from '../outbox/parked-rows.js'
import type { Progress, Retention, TrimProgress } from '../storing/retention.js'
import type { ImGroups } from './im-groups.js'

/** What a run of `verify` has seen so far. */
export interface VerifyProgress extends Progress {
  /** Rows looked at. */
  readonly checked: number
  readonly findings: number
  /** Of those, how many were repaired. */
  readonly repaired: number
}

/** What an erasure has done so far. */
export interface EraseProgress extends Progress {
  /** That the user left. */
  readonly groups: number
  /** Whose content went. */
  readonly messages: number
  readonly keys: number
  readonly entries: number
  readonly devices: number
}

/** One thing that is kept of a user; plain JSON. */
export type UserRecord =
  /** `seq` and `floor` of the inbox. */
  | { readonly record: 'user'; readonly userId: UserId; readonly seq: number; readonly floor: number }
  | {
      readonly record: 'device'
      readonly deviceId: string
      readonly deviceType: string
      /** When a session of it last ended, Unix ms; null before the first end. */
      readonly seenAt: number | null
    }
  | ({ readonly record: 'membership' } & Belonging)
  /** What the user reacted with to a message, its own or another's. */
  | ({ readonly record: 'reaction' } & OwnReaction)
  /** What the user sent, as PROTOCOL has messages. */
  | { readonly record: 'message'; readonly message: object }
  /** What stands in the inbox, as PROTOCOL has entries. */
  | { readonly record: 'entry'; readonly entry: object }

/** A step that the storage failed is tried again so often, after a second and then after twice as long each time. */
const triesMax = 5
const firstRetryMs = 1000

/** How often it is looked whether sessions on other nodes have ended, ms. */
const lookAgainMs = 100

interface Parts {
  readonly storage: Pick<Storage, 'maintenance' | 'timelines' | 'heads' | 'devices' | 'conversations' | 'groups'>
  readonly kicks: Kicks
  readonly deliveries: Deliveries
  readonly cluster: Cluster
  readonly presence: Pick<Presence, 'locate'>
  readonly imGroups: ImGroups
  readonly clock: Clock
  readonly timing: Timing
  readonly retention: Retention
  readonly kept: Pick<Kept, 'batchRows' | 'pauseMs'>
  readonly parked: ParkedRows | null
}

/**
 * Every call goes in small steps with rests between them, as `retention` says, so that chat goes on beside it. What takes
 * hours outlives a database that is away for some seconds. All of them throw StorageError where the storage fails for
 * longer; what was done until then stays done, and a further call goes on.
 */
export class HostMaintenance {
  constructor(private readonly parts: Parts) {}

  /**
   * A page of the outbox's rows that could not be moved, with their reasons, in the order in which they were written.
   * @throws RookeryError `BAD_REQUEST`
   */
  async parkedRows(page: ParkedRequest = {}): Promise<ParkedPage> {
    return (await this.parts.parked?.list(page)) ?? { rows: [], next: null }
  }

  /**
   * Has parked rows tried again, under the ids that they have, or all. What was written behind them was moved meanwhile, and
   * stays before them. Resolves with how many of them were parked.
   */
  async retryParked(which: readonly MessageId[] | 'all'): Promise<number> {
    return (await this.parts.parked?.retry(which)) ?? 0
  }

  /** Removes parked rows for good: what they ask for never happens. Resolves with how many of them were parked. */
  async dropParked(which: readonly MessageId[] | 'all'): Promise<number> {
    return (await this.parts.parked?.drop(which)) ?? 0
  }

  /** Takes away now what is older than the option `retention` says; resolves with what was taken. */
  trim({ onProgress }: { readonly onProgress?: (progress: TrimProgress) => void } = {}): Promise<TrimProgress> {
    return this.parts.retention.run(onProgress)
  }

  /** Computes every counter and unread anew from the rows, tells what differs, and repairs on request what can be. */
  async verify({
    repair = false,
    onFinding = () => {},
    onProgress = () => {},
  }: {
    readonly repair?: boolean
    readonly onFinding?: (finding: Finding) => void
    readonly onProgress?: (progress: VerifyProgress) => void
  } = {}): Promise<VerifyProgress> {
    let sum = { done: 0, checked: 0, findings: 0, repaired: 0 }
    await this.steps(
      (after, rows) => this.parts.storage.maintenance.verify({ after, rows, repair }),
      ({ progress, checked, findings }) => {
        sum = {
          done: progress,
          checked: sum.checked + checked,
          findings: sum.findings + findings.length,
          repaired: sum.repaired + findings.filter(({ repaired }) => repaired).length,
        }
        findings.forEach(onFinding)
        onProgress(sum)
      },
    )
    return sum
  }

  /**
   * Everything that is kept of a user, page by page: the user, devices, memberships with read positions, each followed by what
   * the user sent and reacted with there, and the inbox. Contents of what others said stand in the inbox alone.
   */
  async *exportUser(userId: UserId): AsyncGenerator<UserRecord, void, undefined> {
    const { storage, kept } = this.parts
    const [head] = await this.patiently(() => storage.heads.users([userId]))
    yield { record: 'user', userId, seq: head?.seq ?? 0, floor: head?.floor ?? 0 }
    for (const { deviceId, deviceType, seenAt } of await this.patiently(() => storage.devices.list([userId])))
      yield { record: 'device', deviceId, deviceType, seenAt }
    for (let after: string | null = null; ;) {
      const step: MaintenanceStep = { after, rows: kept.batchRows }
      const page: Exported = await this.patiently(() => storage.maintenance.export(userId, step))
      for (const membership of page.memberships) yield { record: 'membership', ...membership }
      for (const message of page.messages) yield { record: 'message', message: parse(storedMessageJson(message)) }
      for (const reaction of page.reactions) yield { record: 'reaction', ...reaction }
      if (page.next === null) break
      after = page.next
    }
    for (let after = 0; ;) {
      const { entries, head: end } = await this.patiently(() => storage.timelines.inbox(userId, after, kept.batchRows))
      for (const entry of entries) yield { record: 'entry', entry: parse(entryJson(entry)) }
      const last = entries.at(-1)
      if (last === undefined || last.seq >= end) return
      after = last.seq
    }
  }

  /**
   * Closes the user's sessions on every node, has the user leave its groups, and erases what is kept of it: contents of its
   * messages, keys, devices, inbox, settings. What remains is its id, in others' timelines, and in memberships that have
   * ended: nothing of it opens for whoever logs in under the id afterwards. See that `authenticate` refuses the user before: what it does meanwhile may stay.
   * @param ownedGroups what becomes of groups that it owns. Default: `refuse`
   * @throws RookeryError `FORBIDDEN` with `details.groupIds` where it owns groups and they are refused
   */
  async eraseUser(
    userId: UserId,
    {
      ownedGroups = 'refuse',
      onProgress = () => {},
    }: { readonly ownedGroups?: OwnedGroups; readonly onProgress?: (progress: EraseProgress) => void } = {},
  ): Promise<EraseProgress> {
    const { storage, kicks } = this.parts
    if (ownedGroups === 'refuse') await refuseOwned(this.parts, userId)
    await kicks.close(userId, {}, 'admin')
    let sum = { done: 0, groups: 0, messages: 0, keys: 0, entries: 0, devices: 0 }
    await leaveGroups(this.parts, userId, ownedGroups, (groups) => onProgress((sum = { ...sum, groups })))
    await this.gone(userId)
    await this.steps(
      (after, rows) => storage.maintenance.erase(userId, { after, rows }),
      ({ progress, messages, keys, entries, devices }) => {
        sum = {
          done: progress,
          groups: sum.groups,
          messages: sum.messages + messages,
          keys: sum.keys + keys,
          entries: sum.entries + entries,
          devices: sum.devices + devices,
        }
        onProgress(sum)
      },
    )
    return sum
  }

  /**
   * Resolves once no node holds a session of the user, and what its devices acknowledged last is stored: it would make them
   * known again. Where a node does not end them, or the user comes back, it is waited for one lease.
   */
  private async gone(userId: UserId): Promise<void> {
    const { cluster, presence, timing, deliveries } = this.parts
    if (!cluster.alone) {
      // Where presence does not answer, nobody knows that they are gone.
      const isGone = (): Promise<boolean> =>
        presence.locate([userId]).then(
          (holders) => holders.length === 0,
          () => false,
        )
      for (let waitedMs = 0; waitedMs < timing.leaseMs && !(await isGone()); waitedMs += lookAgainMs)
        await this.wait(lookAgainMs)
      await this.wait(timing.ackFlushMs + lookAgainMs)
    }
    await deliveries.flush()
  }

  /** Steps may be run again: what one has done is not done twice. */
  private async patiently<T>(call: () => Promise<T>): Promise<T> {
    for (let tries = 1, waitMs = firstRetryMs; ; tries += 1, waitMs *= 2)
      try {
        return await call()
      } catch (error) {
        if (tries === triesMax || !(error instanceof StorageError)) throw error
        await this.wait(waitMs)
      }
  }

  private wait(ms: number): Promise<void> {
    return new Promise<void>((resolve) => this.parts.clock.setTimeout(resolve, ms))
  }

  private async steps<Step extends { readonly next: string | null }>(
    step: (after: string | null, rows: number) => Promise<Step>,
    saw: (step: Step) => void,
  ): Promise<void> {
    const { kept } = this.parts
    for (let after: string | null = null; ;) {
      const from: string | null = after
      const done: Step = await this.patiently(() => step(from, kept.batchRows))
      saw(done)
      if (done.next === null) return
      after = done.next
      await this.wait(kept.pauseMs)
    }
  }
}

const parse = (json: string): object => JSON.parse(json) as object
