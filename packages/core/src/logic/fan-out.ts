// From what was committed to the sessions of its readers: this node's by a call, other nodes' over the bus.
// Recipients are located after the commit, never before.
import type { JsonText, Seq, UserId } from '../model/ids.js'
import type { Cluster, NodeFrame } from './cluster.js'
import type { Sessions } from './sessions.js'

interface Run {
  readonly from: Seq
  readonly entries: JsonText[]
}

export class FanOut {
  private runs = new Map<UserId, Run[]>()

  constructor(
    private readonly sessions: Sessions,
    private readonly cluster: Cluster,
  ) {}

  /** Notes one committed entry; `flush` sends it. */
  add(userId: UserId, seq: Seq, entry: JsonText): void {
    const runs = this.runs.get(userId)
    if (runs === undefined) {
      this.runs.set(userId, [{ from: seq, entries: [entry] }])
      return
    }
    const last = runs.at(-1)!
    if (last.from + last.entries.length === seq) last.entries.push(entry)
    else runs.push({ from: seq, entries: [entry] })
  }

  /** Sends everything noted: what one commit gave a user goes in one frame. */
  flush(): void {
    if (this.runs.size === 0) return
    const committed = this.runs
    this.runs = new Map()
    for (const [user, runs] of committed)
      for (const { from, entries } of runs) this.sessions.deliver(user, from, entries)
    if (this.cluster.alone) return
    const frames: (NodeFrame & { user: UserId })[] = []
    for (const [user, runs] of committed)
      for (const { from, entries } of runs) frames.push({ t: 'entries', user, from, entries })
    void this.cluster.send(frames)
  }

  /** Has the sessions of users compared with the heads of their inboxes, wherever they are. */
  check(users: readonly UserId[]): void {
    for (const user of users) this.sessions.check(user)
    if (!this.cluster.alone) void this.cluster.send(users.map((user) => ({ t: 'check', user })))
  }

  /** Sends a transient event to users wherever they are. */
  hint(users: readonly UserId[], event: string, json: JsonText): void {
    for (const user of users) this.sessions.hint(user, event, json)
    if (!this.cluster.alone) void this.cluster.send(users.map((user) => ({ t: 'hint', user, event, json })))
  }
}
