// A tab that does not lead: it has a mirror of the leading tab's rows, and asks that tab for everything else.
import { RookeryError, type ErrorCode } from '@rookery/protocol'
import type { ConnectionStatus } from '../connection/status.js'
import { Mirror } from '../engine/mirror.js'
import type { Commands } from '../ports/backend.js'
import type { LocalStore, StoreOp } from '../ports/local-store.js'
import type { StorageStatus } from '../ports/storage-status.js'
import { Cell } from '../views/observable.js'
import type { Shown, TabChannel, Telling } from './wire.js'

interface Call {
  readonly telling: Extract<Telling, { t: 'call' }>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

export interface FollowingHooks {
  readonly opened: () => void
  readonly committed: (ops: readonly StoreOp[]) => void
  readonly sending: () => void
  readonly signal: (signal: Extract<Telling, { t: 'signal' }>['signal']) => void
  readonly passing: (passing: Extract<Telling, { t: 'passing' }>['passing']) => void
  /** Whether a handler of this tab took it. */
  readonly topic: (topic: string, payload: unknown) => Promise<boolean>
}

export class Following {
  readonly mirror = new Mirror()
  readonly status = new Cell<ConnectionStatus>({ status: 'connecting' })
  readonly storage = new Cell<StorageStatus>({
    kind: 'memory',
    isDurable: false,
    isFull: false,
    isLost: false,
  })
  readonly reads: Pick<LocalStore, 'messages' | 'messagesAt'>
  readonly commands: Commands
  /** Resolves when the rows are there. */
  readonly opened: Promise<void>
  #open: () => void = () => {}
  #hasRows = false
  #n = 0
  #shown: Shown | null = null
  readonly #calls = new Map<number, Call>()

  constructor(
    private readonly tab: string,
    private readonly channel: TabChannel,
    private readonly hooks: FollowingHooks,
  ) {
    this.opened = new Promise((resolve) => (this.#open = resolve))
    this.reads = this.#remote('reads', ['messages', 'messagesAt'])
    this.commands = this.#remote('commands', [
      ...(['send', 'retry', 'discard', 'seen', 'opened', 'draft', 'history', 'ask', 'find', 'tell'] as const),
    ])
    channel.post({ t: 'hello', tab })
  }

  get aheadMs(): number {
    return this.#shown?.aheadMs ?? 0
  }

  isSending(clientMsgId: string): boolean {
    return this.#shown?.sending.includes(clientMsgId) === true
  }

  hear(telling: Telling): void {
    if (telling.t === 'leads') this.#newLeader()
    else if (telling.t === 'rows' && telling.to === this.tab) this.#rows(telling.ops, telling.shown)
    else if (telling.t === 'answer' && telling.to === this.tab) this.#answered(telling)
    else if (telling.t === 'topic') void this.#topic(telling)
    else if (!this.#hasRows) return
    else if (telling.t === 'ops') this.#committed(telling.ops)
    else if (telling.t === 'shown') this.#show(telling.shown)
    else if (telling.t === 'signal') this.hooks.signal(telling.signal)
    else if (telling.t === 'passing') this.hooks.passing(telling.passing)
  }

  call(of: Extract<Telling, { t: 'call' }>['of'], name: string, args: readonly unknown[]): Promise<unknown> {
    const telling = { t: 'call', tab: this.tab, n: ++this.#n, of, name, args } as const
    return new Promise((resolve, reject) => {
      this.#calls.set(telling.n, { telling, resolve, reject })
      this.channel.post(telling)
    })
  }

  /** This tab leads itself from now on: what it had asked another for, it carries out. */
  end(carryOut: (call: Extract<Telling, { t: 'call' }>) => Promise<unknown>): void {
    for (const { telling, resolve, reject } of this.#calls.values()) carryOut(telling).then(resolve, reject)
    this.#calls.clear()
  }

  /** The tab that led is gone. What it may have carried out already is the same when it is carried out twice. */
  #newLeader(): void {
    this.channel.post({ t: 'hello', tab: this.tab })
    for (const { telling } of this.#calls.values()) this.channel.post(telling)
  }

  #rows(ops: readonly StoreOp[], shown: Shown): void {
    const fresh = (['timelines', 'conversations', 'outbox', 'drafts', 'ranges'] as const).map((table): StoreOp => ({
      op: 'clear',
      table,
    }))
    this.mirror.apply([...fresh, ...ops])
    const isFirst = !this.#hasRows
    this.#hasRows = true
    this.#show(shown)
    this.hooks.opened()
    if (isFirst) this.#open()
  }

  #committed(ops: readonly StoreOp[]): void {
    this.mirror.apply(ops)
    this.hooks.committed(ops)
  }

  #show(shown: Shown): void {
    this.#shown = shown
    this.status.set(shown.status)
    this.storage.set(shown.storage)
    this.hooks.sending()
  }

  #answered({ n, value, error }: Extract<Telling, { t: 'answer' }>): void {
    const call = this.#calls.get(n)
    this.#calls.delete(n)
    if (error === undefined) call?.resolve(value)
    else if (error.code === undefined) call?.reject(new Error(error.message))
    else call?.reject(new RookeryError(error.code as ErrorCode, error.message, { details: error.details }))
  }

  async #topic({ n, topic, payload }: Extract<Telling, { t: 'topic' }>): Promise<void> {
    if (await this.hooks.topic(topic, payload)) this.channel.post({ t: 'handled', n })
  }

  #remote<Of>(of: 'commands' | 'reads', names: readonly string[]): Of {
    const call =
      (name: string) =>
      (...args: readonly unknown[]) =>
        this.call(of, name, args)
    return Object.fromEntries(names.map((name) => [name, call(name)])) as Of
  }
}
