// Work on what is stored, for the host's own jobs and admin pages.
import { Injectable } from '@nestjs/common'
import type { EraseProgress, HostMaintenance, TrimProgress, UserId, UserRecord, VerifyProgress } from '@rookery/core'
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
   * Everything that is kept of a user, as plain JSON records: the user, devices, memberships each followed by what the user
   * sent there, and the inbox.
   */
  async *exportUser(userId: UserId): AsyncGenerator<UserRecord, void, undefined> {
    yield* this.running().exportUser(userId)
  }

  /**
   * Closes the user's sessions and erases what is kept of the user; its id remains in others' timelines. See that
   * `authenticate` refuses the user before.
   */
  async eraseUser(
    userId: UserId,
    options: { readonly onProgress?: (progress: EraseProgress) => void } = {},
  ): Promise<EraseProgress> {
    return this.running().eraseUser(userId, options)
  }

  private running(): HostMaintenance {
    return this.node.running().maintenance
  }
}
