// Whom this node watches, so that it can tell presence again before its keys run out.
import type { UserId } from '@rookery/core'

type Tell = (added: readonly UserId[], removed: readonly UserId[], member: string) => Promise<unknown>

/** The keys live for an hour. */
const againMs = 20 * 60_000

export class Watched {
  private readonly users = new Set<UserId>()
  private toldMs = performance.now()

  constructor(private readonly tell: Tell) {}

  async change(member: string, added: readonly UserId[], removed: readonly UserId[]): Promise<void> {
    // Before it is told: what fails here is told again with the rest.
    for (const userId of added) this.users.add(userId)
    for (const userId of removed) this.users.delete(userId)
    await this.tell(added, removed, member)
  }

  /** Tells everybody again where that is due. */
  async renew(member: string): Promise<void> {
    if (performance.now() - this.toldMs < againMs) return
    await this.tell([...this.users], [], member)
    this.toldMs = performance.now()
  }
}
