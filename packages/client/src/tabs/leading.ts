// What the leading tab does for the others: it tells them everything, and carries out what they ask.
import { RookeryError } from '@rookery/protocol'
import type { Clock } from '../ports/clock.js'
import type { StoreOp } from '../ports/local-store.js'
import type { Leader } from '../work/leader.js'
import type { Shown, TabChannel, Telling } from './wire.js'

export class Leading {
  readonly #ends: (() => void)[] = []
  readonly #asked = new Map<number, (isHandled: boolean) => void>()
  #n = 0

  constructor(
    private readonly leader: Leader,
    private readonly channel: TabChannel,
    private readonly clock: Clock,
  ) {
    const tellShown = (): void => channel.post({ t: 'shown', shown: this.#shown() })
    this.#ends.push(
      leader.onCommit((ops) => channel.post({ t: 'ops', ops })),
      leader.onSignal((signal) => channel.post({ t: 'signal', signal })),
      leader.onPassing((passing) => channel.post({ t: 'passing', passing })),
      leader.onSending(tellShown),
      leader.status.subscribe(tellShown),
      leader.storage.subscribe(tellShown),
    )
    channel.post({ t: 'leads' })
  }

  end(): void {
    for (const end of this.#ends) end()
  }

  /** Another tab said something. */
  hear(telling: Telling): void {
    if (telling.t === 'hello') void this.#rows(telling.tab)
    else if (telling.t === 'call') void this.#carryOut(telling)
    else if (telling.t === 'handled') this.#asked.get(telling.n)?.(true)
  }

  async #rows(to: string): Promise<void> {
    await this.leader.open()
    const { mirror } = this.leader
    const ranges = [...mirror.runs].flatMap(([conversationId, runs]) =>
      runs.map((run): StoreOp => ({ op: 'put', table: 'ranges', row: { conversationId, ...run } })),
    )
    this.channel.post({ t: 'rows', to, ops: [...mirror.rows(), ...ranges], shown: this.#shown() })
  }

  async #carryOut({ tab: to, n, of, name, args }: Extract<Telling, { t: 'call' }>): Promise<void> {
    const { leader } = this
    try {
      const run = (on: object): unknown =>
        (on as Record<string, (...given: readonly unknown[]) => unknown>)[name]!(...args)
      const value =
        of === 'connect'
          ? await leader.connect()
          : of === 'logout'
            ? await leader.logout(args[0] === true)
            : await run(of === 'reads' ? leader.reads : leader.commands)
      this.channel.post({ t: 'answer', to, n, value })
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown'
      const facts = error instanceof RookeryError ? { code: error.code, details: error.details } : {}
      this.channel.post({ t: 'answer', to, n, error: { message, ...facts } })
    }
  }

  /** Whether a handler in another tab took it. */
  ask(topic: string, payload: unknown): Promise<boolean> {
    const n = ++this.#n
    return new Promise((resolve) => {
      const settle = (isHandled: boolean): void => {
        this.clock.clearTimeout(timer)
        this.#asked.delete(n)
        resolve(isHandled)
      }
      const timer = this.clock.setTimeout(() => settle(false), handledMs)
      this.#asked.set(n, settle)
      this.channel.post({ t: 'topic', n, topic, payload })
    })
  }

  #shown(): Shown {
    const { leader } = this
    const rows = [...leader.mirror.outbox.values()]
    return {
      status: leader.status.getSnapshot(),
      storage: leader.storage.getSnapshot(),
      sending: rows.filter((row) => leader.isSending(row)).map(({ clientMsgId }) => clientMsgId),
      aheadMs: leader.now() - this.clock.now(),
    }
  }
}

/** Handlers of other tabs have so long, ms. */
const handledMs = 20_000
