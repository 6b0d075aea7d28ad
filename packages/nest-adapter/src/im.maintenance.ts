// Maintenance of the stored data, for the host's own jobs and admin pages.
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

/** You can inject it anywhere. Every call before the app has started rejects. */
@Injectable()
export class ImMaintenance {
  constructor(private readonly node: RunningNode) {}

  /**
   * Removes what is older than the option `retention` allows, now, in the same small steps as the scheduled runs.
   * Resolves with the counts of what it removed.
   */
  async trim(options: { readonly onProgress?: (progress: TrimProgress) => void } = {}): Promise<TrimProgress> {
    return this.running().trim(options)
  }

  /**
   * Recomputes every counter and unread count from the rows, reports the differences, and repairs them if you ask for
   * it and if it can.
   */
  async verify(options: Parameters<HostMaintenance['verify']>[0] = {}): Promise<VerifyProgress> {
    return this.running().verify(options)
  }

  /**
   * Yields everything that chat keeps about a user, as plain JSON records: the user, the devices, the memberships with
   * read positions (each followed by the messages and reactions of the user there), and the inbox.
   */
  async *exportUser(userId: UserId): AsyncGenerator<UserRecord, void, undefined> {
    yield* this.running().exportUser(userId)
  }

  /**
   * Reads a page of the rows of `im_outbox` that chat could not move, with the reasons, in the order in which the host
   * wrote them.
   * @param page `limit` up to `limits.list`; `after`: the `next` of the page before
   */
  async parkedRows(page: { readonly after?: string; readonly limit?: number } = {}): Promise<ParkedPage> {
    return this.running().parkedRows(page)
  }

  /**
   * Tries parked rows again: those with these ids, or all. Later rows of the same conversation were moved meanwhile,
   * and stay before them. Resolves with the number of these rows that were parked.
   */
  async retryParked(which: readonly MessageId[] | 'all'): Promise<number> {
    return this.running().retryParked(which)
  }

  /**
   * Deletes parked rows for good: chat never does what they ask for. Resolves with the number of these rows that were
   * parked.
   */
  async dropParked(which: readonly MessageId[] | 'all'): Promise<number> {
    return this.running().dropParked(which)
  }

  /**
   * Closes the user's sessions on every node, removes the user from its groups, and erases what chat keeps about the
   * user. The user's id remains in the timelines of others. Make `authenticate` refuse the user first: what the user
   * does during the call may stay.
   * @param options `ownedGroups`: what happens to groups that the user owns: `refuse` (default), `hand-over` or
   * `dissolve`
   * @throws RookeryError `FORBIDDEN` with `details.groupIds` if the user owns groups and the option is `refuse`
   */
  async eraseUser(userId: UserId, options: Parameters<HostMaintenance['eraseUser']>[1] = {}): Promise<EraseProgress> {
    return this.running().eraseUser(userId, options)
  }

  private running(): HostMaintenance {
    return this.node.running().maintenance
  }
}
