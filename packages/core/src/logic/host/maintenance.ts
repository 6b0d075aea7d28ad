// Long work that the host starts besides chat: removing what is too old, verifying counters, exporting or erasing the
// data of one user.
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
  type PushRegistration,
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

/** What a run of `verify` has checked so far. */
export interface VerifyProgress extends Progress {
  /** Rows that it has checked. */
  readonly checked: number
  readonly findings: number
  /** How many of the findings it has repaired. */
  readonly repaired: number
}

/** What an erasure has done so far. */
export interface EraseProgress extends Progress {
  /** Groups that the user has left. */
  readonly groups: number
  /** Messages whose content is gone. */
  readonly messages: number
  readonly keys: number
  readonly entries: number
  readonly devices: number
}

/** One item that chat keeps of a user, as plain JSON. */
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
  /** Where push reaches a device; its token is a secret, and left out. */
  | ({ readonly record: 'push' } & Pick<PushRegistration, 'deviceId' | 'provider' | 'app' | 'lang' | 'createdAt'>)
  | ({ readonly record: 'membership' } & Belonging)
  /** A reaction of the user to a message, its own or another's. */
  | ({ readonly record: 'reaction' } & OwnReaction)
  /** A message that the user sent, as the protocol has messages. */
  | { readonly record: 'message'; readonly message: object }
  /** An entry of the user's inbox, as the protocol has entries. */
  | { readonly record: 'entry'; readonly entry: object }

/**
 * How often a step is tried when the storage fails. The first pause is a second, and each later one is twice as long.
 */
const triesMax = 5
const firstRetryMs = 1000

/** The pause between two checks whether sessions on other nodes have ended, ms. */
const lookAgainMs = 100

interface Parts {
  readonly storage: Pick<
    Storage,
    'maintenance' | 'timelines' | 'heads' | 'devices' | 'push' | 'conversations' | 'groups'
  >
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
 * Every call works in small steps with pauses between them, as the option `retention` says, so that chat goes on beside
 * it. A database that is away for some seconds does not end a call. If the storage fails for longer, each call throws
 * `StorageError`. What it did before that stays done, and another call continues.
 */
export class HostMaintenance {
  constructor(private readonly parts: Parts) {}

  /**
   * A page of the outbox rows that chat could not move, each with its reason, in the order in which the host wrote
   * them.
   * @throws RookeryError `BAD_REQUEST`
   */
  async parkedRows(page: ParkedRequest = {}): Promise<ParkedPage> {
    return (await this.parts.parked?.list(page)) ?? { rows: [], next: null }
  }

  /**
   * Tries parked rows again, those with the given ids or all. Chat has moved the rows behind them already, and those
   * keep their numbers. Resolves with how many of them were parked.
   */
  async retryParked(which: readonly MessageId[] | 'all'): Promise<number> {
    return (await this.parts.parked?.retry(which)) ?? 0
  }

  /** Removes parked rows for good: chat will never do what they ask for. Resolves with how many of them were parked. */
  async dropParked(which: readonly MessageId[] | 'all'): Promise<number> {
    return (await this.parts.parked?.drop(which)) ?? 0
  }

  /** Removes now what is older than the option `retention` allows. Resolves with how much it removed. */
  trim({ onProgress }: { readonly onProgress?: (progress: TrimProgress) => void } = {}): Promise<TrimProgress> {
    return this.parts.retention.run(onProgress)
  }

  /**
   * Computes every counter and unread count from the rows and reports each difference. With `repair` it corrects what
   * it can.
   */
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
   * Everything that chat keeps of a user, page by page: the user, devices, push registrations, memberships with read positions, each
   * followed by the messages and reactions of the user there, and the inbox. Messages of others appear only in the
   * inbox.
   */
  async *exportUser(userId: UserId): AsyncGenerator<UserRecord, void, undefined> {
    const { storage, kept } = this.parts
    const [head] = await this.patiently(() => storage.heads.users([userId]))
    yield { record: 'user', userId, seq: head?.seq ?? 0, floor: head?.floor ?? 0 }
    for (const { deviceId, deviceType, seenAt } of await this.patiently(() => storage.devices.list([userId])))
      yield { record: 'device', deviceId, deviceType, seenAt }
    const registrations = await this.patiently(() => storage.push.list([userId]))
    for (const { deviceId, provider, app, lang, createdAt } of registrations)
      yield { record: 'push', deviceId, provider, app, lang, createdAt }
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
   * Closes the user's sessions on every node, makes the user leave its groups, and erases what chat keeps of it: the
   * contents of its messages, keys, devices, inbox and settings. The user's id stays in others' timelines and in ended
   * memberships. Somebody who logs in later under the same id gets no access through them.
   *
   * Before the call, make `authenticate` refuse the user: what the user does during the call may stay.
   * @param ownedGroups what happens to groups that the user owns. Default: `refuse`
   * @throws RookeryError `FORBIDDEN` with `details.groupIds` where the user owns groups and they are refused
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
   * Resolves once no node holds a session of the user and the last acknowledgements of its devices are stored, because
   * those would store the devices again. If a node does not end its sessions, or the user comes back, it waits for one
   * lease.
   */
  private async gone(userId: UserId): Promise<void> {
    const { cluster, presence, timing, deliveries } = this.parts
    if (!cluster.alone) {
      // If presence does not answer, it must assume that sessions are left.
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

  /** Tries a call again when the storage fails. A step may run again: what it did is not done twice. */
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
