// Work on what is stored, for the host's own jobs and admin pages.
import { Injectable } from '@nestjs/common'
import type {
  EraseProgress,
  HostMaintenance,
  MessageId,
  ParkedPage,
  TrimProgress,
  UserId,
  UserRecord,
  VerifyProgress,
} from '@rookery/core'
import { RunningNode } from './running-node.js'

/** May be injected anywhere; every call before the app has started rejects. */
@Injectable()
export class ImMaintenance {
  constructor(private readonly node: RunningNode) {}

  /**
   * Takes away now what is older than the option `retention` says, in the same small steps as the runs that come by
   * themselves; resolves with what was taken.
   */
  async trim(options: { readonly onProgress?: (progress: TrimProgress) => void } = {}): Promise<TrimProgress> {
    return this.running().trim(options)
  }

  /** Computes every counter and unread anew from the rows, tells what differs, and repairs on request what can be. */
  async verify(options: Parameters<HostMaintenance['verify']>[0] = {}): Promise<VerifyProgress> {
    return this.running().verify(options)
  }

  /**
   * Everything that is kept of a user, as plain JSON records: the user, devices, memberships with read positions, each
   * followed by what the user sent and reacted with there, and the inbox.
   */
  async *exportUser(userId: UserId): AsyncGenerator<UserRecord, void, undefined> {
    yield* this.running().exportUser(userId)
  }

  /**
   * A page of the rows of `im_outbox` that could not be moved, with their reasons, in the order in which they were written.
   * @param page `limit` up to `limits.list`; `after`: what the page before gave as `next`
   */
  async parkedRows(page: { readonly after?: string; readonly limit?: number } = {}): Promise<ParkedPage> {
    return this.running().parkedRows(page)
  }

  /**
   * Has parked rows tried again: those of these ids, or all. What was written behind them to the same conversation was moved
   * meanwhile, and stays before them. Resolves with how many of them were parked.
   */
  async retryParked(which: readonly MessageId[] | 'all'): Promise<number> {
    return this.running().retryParked(which)
  }

  /** Removes parked rows for good: what they ask for never happens. Resolves with how many of them were parked. */
  async dropParked(which: readonly MessageId[] | 'all'): Promise<number> {
    return this.running().dropParked(which)
  }

  /**
   * Closes the user's sessions on every node, has the user leave its groups, and erases what is kept of it; its id remains in
   * others' timelines. See that `authenticate` refuses the user before: what it does meanwhile may stay.
   * @param options `ownedGroups`: what becomes of groups that it owns, `refuse` by default, `hand-over` or `dissolve`
   * @throws RookeryError `FORBIDDEN` with `details.groupIds` where it owns groups and they are refused
   */
  async eraseUser(userId: UserId, options: Parameters<HostMaintenance['eraseUser']>[1] = {}): Promise<EraseProgress> {
    return this.running().eraseUser(userId, options)
  }

  private running(): HostMaintenance {
    return this.node.running().maintenance
  }
}
