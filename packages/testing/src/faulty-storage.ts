// A storage that fails, refuses or delays when a test says so. It wraps a storage that works.
import {
  type Clock,
  type ConversationReads,
  type DeviceReads,
  type GroupReads,
  type HeadReads,
  type KeyReads,
  type Maintenance,
  type MemberReads,
  type PushReads,
  type RefusedResult,
  type ResultsOf,
  RowsHeld,
  type Storage,
  StorageError,
  type StorageInfo,
  type StorageOp,
  type StorageResult,
  type TimelineReads,
} from '@rookery/core'

/**
 * How a commit fails: `none` stores nothing, and the caller knows it; the others lose the answer, after the commit was
 * stored or before.
 */
export type CommitFault = 'none' | 'unknown-stored' | 'unknown-not-stored'

/** Wraps a storage. Every fault is off until the test asks for it. */
export class FaultyStorage implements Storage {
  /** From the call of `commit` until it takes effect, ms. */
  commitDelayMs = 0
  /** From the effect of a commit until its answer, ms. */
  answerDelayMs = 0
  /** From the call of a read until it takes effect, ms. */
  readDelayMs = 0
  /** The number of calls of `commit`. */
  commits = 0
  readonly timelines: TimelineReads
  readonly heads: HeadReads
  readonly keys: KeyReads
  readonly conversations: ConversationReads
  readonly members: MemberReads
  readonly groups: GroupReads
  readonly devices: DeviceReads
  readonly push: PushReads
  readonly maintenance: Maintenance
  #commitFaults: CommitFault[] = []
  #readFaults = 0
  #refuses: (op: StorageOp) => boolean = () => false
  #holds: (op: StorageOp) => boolean = () => false
  #held: Promise<void> | null = null
  #release: () => void = () => {}

  constructor(
    readonly inner: Storage,
    private readonly clock: Clock,
  ) {
    const { timelines, heads, keys, conversations, members, groups, devices, push, maintenance } = inner
    this.timelines = {
      inbox: (...args) => this.#read(() => timelines.inbox(...args)),
      timeline: (...args) => this.#read(() => timelines.timeline(...args)),
      messages: (...args) => this.#read(() => timelines.messages(...args)),
      reactions: (...args) => this.#read(() => timelines.reactions(...args)),
      entryAt: (...args) => this.#read(() => timelines.entryAt(...args)),
    }
    this.heads = {
      users: (...args) => this.#read(() => heads.users(...args)),
      conversations: (...args) => this.#read(() => heads.conversations(...args)),
      follows: (...args) => this.#read(() => heads.follows(...args)),
      followsAfter: (...args) => this.#read(() => heads.followsAfter(...args)),
      loginEpoch: (...args) => this.#read(() => heads.loginEpoch(...args)),
    }
    this.keys = { find: (...args) => this.#read(() => keys.find(...args)) }
    this.conversations = {
      views: (...args) => this.#read(() => conversations.views(...args)),
      list: (...args) => this.#read(() => conversations.list(...args)),
    }
    this.members = {
      access: (...args) => this.#read(() => members.access(...args)),
      sharing: (...args) => this.#read(() => members.sharing(...args)),
      readers: (...args) => this.#read(() => members.readers(...args)),
    }
    this.groups = {
      group: (...args) => this.#read(() => groups.group(...args)),
      roster: (...args) => this.#read(() => groups.roster(...args)),
      memberships: (...args) => this.#read(() => groups.memberships(...args)),
      members: (...args) => this.#read(() => groups.members(...args)),
      memberOf: (...args) => this.#read(() => groups.memberOf(...args)),
      owned: (...args) => this.#read(() => groups.owned(...args)),
    }
    this.maintenance = {
      trim: (...args) => this.#read(() => maintenance.trim(...args)),
      verify: (...args) => this.#read(() => maintenance.verify(...args)),
      export: (...args) => this.#read(() => maintenance.export(...args)),
      erase: (...args) => this.#read(() => maintenance.erase(...args)),
      renewEpoch: (...args) => this.#read(() => maintenance.renewEpoch(...args)),
    }
    this.push = {
      list: (...args) => this.#read(() => push.list(...args)),
      behind: (...args) => this.#read(() => push.behind(...args)),
    }
    this.devices = { list: (...args) => this.#read(() => devices.list(...args)) }
  }

  /** Lets the next commits fail like this, one fault each, after those asked for before. */
  failCommits(fault: CommitFault, times = 1): void {
    for (let n = 0; n < times; n += 1) this.#commitFaults.push(fault)
  }

  /** Lets the next reads fail. */
  failReads(times = 1): void {
    this.#readFaults += times
  }

  /** Refuses each operation that matches, and no other, until a test gives another predicate. */
  refuse(matches: (op: StorageOp) => boolean): void {
    this.#refuses = matches
  }

  /**
   * Acts as if another transaction held the rows of the operations that match, until a test gives another predicate.
   */
  holdRows(matches: (op: StorageOp) => boolean): void {
    this.#holds = matches
  }

  /** Lets every call from now on wait, as behind a locked row or a stopped database, until `release`. */
  hold(): void {
    this.#held ??= new Promise((resolve) => (this.#release = resolve))
  }

  release(): void {
    this.#release()
    this.#held = null
  }

  /** Clears every fault, and releases the held calls. */
  heal(): void {
    this.#commitFaults = []
    this.#readFaults = 0
    this.#refuses = () => false
    this.#holds = () => false
    this.commitDelayMs = this.answerDelayMs = this.readDelayMs = 0
    this.release()
  }

  start(tell?: (line: string) => void): Promise<StorageInfo> {
    return this.inner.start(tell)
  }

  stop(): Promise<void> {
    return this.inner.stop()
  }

  async commit<const Ops extends readonly StorageOp[]>(ops: Ops): Promise<ResultsOf<Ops>> {
    this.commits += 1
    const fault = this.#commitFaults.shift()
    await this.#wait(this.commitDelayMs)
    if (fault === 'none') throw new StorageError('the commit was made to fail', 'none')
    if (fault === 'unknown-not-stored') throw new StorageError('the answer was made to get lost', 'unknown')
    const results = await this.#commitMost(ops)
    await this.#wait(this.answerDelayMs)
    if (fault === 'unknown-stored') throw new StorageError('the answer was made to get lost', 'unknown')
    return results as ResultsOf<Ops>
  }

  /** Commits all operations except those to refuse. */
  async #commitMost(ops: readonly StorageOp[]): Promise<readonly (StorageResult | RefusedResult)[]> {
    const held = this.#heldOf(ops)
    if (held.size > 0 && held.size === ops.length) throw new RowsHeld()
    const passed = ops.filter((op) => !held.has(op) && !this.#refuses(op))
    const results: readonly (StorageResult | RefusedResult)[] = await this.inner.commit(passed)
    let next = 0
    return ops.map((op) => {
      if (op === passed[next]) return results[next++]!
      if (held.has(op)) return { status: 'refused', error: new RowsHeld(), isHeld: true }
      return { status: 'refused', error: new Error('the operation was made to be refused') }
    })
  }

  /** The operations that wait for a row, and the later ones of the same conversations. */
  #heldOf(ops: readonly StorageOp[]): ReadonlySet<StorageOp> {
    const conversationOf = (op: StorageOp): string | null =>
      'message' in op ? op.message.conversationId : 'conversationId' in op ? op.conversationId : null
    const waiting = new Set<string | null>()
    const held = ops.filter((op) => {
      const conversation = conversationOf(op)
      if (!this.#holds(op) && !waiting.has(conversation)) return false
      if (conversation !== null) waiting.add(conversation)
      return true
    })
    return new Set(held)
  }

  async #read<T>(run: () => Promise<T>): Promise<T> {
    const isFailing = this.#readFaults > 0
    if (isFailing) this.#readFaults -= 1
    await this.#wait(this.readDelayMs)
    if (isFailing) throw new StorageError('the read was made to fail', 'none')
    return run()
  }

  async #wait(delayMs: number): Promise<void> {
    if (delayMs > 0) await new Promise<void>((resolve) => this.clock.setTimeout(resolve, delayMs))
    while (this.#held) await this.#held
  }
}
