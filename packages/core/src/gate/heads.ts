// Compares the positions of this node's sessions with the heads of their timelines, many in one read: at every
// heartbeat, and after events that could not be routed.
import type { ConversationId, UserId } from '@rookery/protocol'
import type { Logger } from '../ports/logger.js'
import type { Storage } from '../ports/storage.js'
import type { Followed } from './followed.js'
import type { Registry } from './registry.js'

/** How many heads it reads at once. */
const headsMax = 1000

interface Parts {
  readonly storage: Pick<Storage, 'heads'>
  readonly registry: Registry
  readonly followed: Followed
  readonly logger: Logger
}

export class Heads {
  private users = new Set<UserId>()
  private conversations = new Set<ConversationId>()
  private isDue = false

  constructor(private readonly parts: Parts) {}

  /** Compares the inbox of a user soon. Calls of one turn share one read. */
  checkSoon(userId: UserId): void {
    this.users.add(userId)
    this.soon()
  }

  /** Compares the timeline of a conversation soon. */
  checkTimelineSoon(conversationId: ConversationId): void {
    this.conversations.add(conversationId)
    this.soon()
  }

  /**
   * Compares everything.
   * @param wasGone the node counted as dead meanwhile: nobody told it any more of kicks that it did not confirm
   */
  async compareAll(wasGone = false): Promise<void> {
    const { registry, followed } = this.parts
    await Promise.all([this.compareInboxes(registry.users(), wasGone), this.compareTimelines(followed.conversations())])
  }

  private soon(): void {
    if (this.isDue) return
    this.isDue = true
    queueMicrotask(() => {
      this.isDue = false
      const { users, conversations } = this
      this.users = new Set()
      this.conversations = new Set()
      Promise.all([this.compareInboxes([...users]), this.compareTimelines([...conversations])]).catch((error) =>
        this.parts.logger.error('heads were not read; the next heartbeat reads them', error),
      )
    })
  }

  private async compareInboxes(users: readonly UserId[], wasGone = false): Promise<void> {
    for (let i = 0; i < users.length; i += headsMax) {
      const chunk = users.slice(i, i + headsMax)
      const heads = await this.parts.storage.heads.users(chunk)
      chunk.forEach((user, at) => {
        const { seq, loginEpoch } = heads[at]!
        for (const session of this.parts.registry.of(user))
          // A kick that may have meant this session: its client comes back, and is asked for its token again.
          if (wasGone && session.heardEpoch < loginEpoch) session.end(null, null)
          else if (!session.isClosed) session.inbox.happen({ kind: 'head', seq })
      })
    }
  }

  private async compareTimelines(conversations: readonly ConversationId[]): Promise<void> {
    for (let i = 0; i < conversations.length; i += headsMax) {
      const chunk = conversations.slice(i, i + headsMax)
      const heads = await this.parts.storage.heads.conversations(chunk)
      chunk.forEach((conversation, at) => {
        const head = heads[at]
        if (head) this.parts.followed.compare(conversation, head)
      })
    }
  }
}
