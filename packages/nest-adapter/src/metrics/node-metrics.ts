// The metrics of one node, with their names and labels.
import type {
  NodeStats,
  ObservedArming,
  ObservedCommit,
  ObservedHandler,
  ObservedPush,
  ObservedPushBatch,
  ObservedSend,
  Observer,
  PushObserver,
} from '@rookery/core'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { misconfigured } from '../misconfigured.js'

/** Buckets in seconds: from a commit in memory to a deadline. */
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** Buckets of batch sizes: from a lone message to a full batch. */
const sizes = [1, 2, 5, 10, 20, 50, 100, 200, 500]

export class NodeMetrics implements Observer {
  private readonly names: string[] = []
  private readonly sends: Counter
  private readonly sendTime: Histogram
  private readonly commitTime: Histogram
  private readonly commitSize: Histogram
  private readonly failures: Counter
  private readonly handlerTime: Histogram
  private readonly syncs: Counter
  private readonly s2cEvents: Counter
  private readonly rows: Counter
  private readonly taken: Counter
  private readonly pushes: Counter
  private readonly coalesced: Counter
  private readonly waits: Counter
  private readonly pushTime: Histogram
  readonly push: PushObserver = {
    told: (push) => this.told(push),
    armed: (arming) => this.armed(arming),
    batch: (batch, call) => this.batch(batch, call),
  }

  /** @throws Error in one line if the registry has these names already */
  constructor(
    private readonly registry: Registry,
    prefix: string,
    stats: () => NodeStats,
  ) {
    const of = (name: string, help: string, labelNames: string[] = []) => {
      if (registry.getSingleMetric(prefix + name) !== undefined)
        throw misconfigured(
          `The registry has ${prefix}${name} already: import RookeryMetricsModule once, and give each app of a process its own registry.`,
        )
      this.names.push(prefix + name)
      return { name: prefix + name, help, labelNames, registers: [registry] }
    }
    this.sends = new Counter(
      of('sends_total', 'Messages answered, by kind, by whom they were sent, and by outcome.', [
        'kind',
        'by',
        'outcome',
      ]),
    )
    this.sendTime = new Histogram({
      ...of('send_duration_seconds', 'From a message to its answer.', ['by']),
      buckets: seconds,
    })
    this.commitTime = new Histogram({ ...of('commit_duration_seconds', 'Commits to storage.'), buckets: seconds })
    this.commitSize = new Histogram({ ...of('commit_operations', 'Operations in a commit.'), buckets: sizes })
    this.failures = new Counter(of('commit_failures_total', 'Commits that failed as a whole and were run again.'))
    this.handlerTime = new Histogram({
      ...of('handler_duration_seconds', "Calls of the app's handlers.", ['on', 'outcome']),
      buckets: seconds,
    })
    this.syncs = new Counter(of('syncs_total', 'Sessions that fell behind and were told to pull.'))
    this.s2cEvents = new Counter(of('s2c_total', 's2c events, by outcome.', ['outcome']))
    this.rows = new Counter(of('outbox_rows_total', 'Rows of the outbox, by what became of them.', ['outcome']))
    this.taken = new Counter(of('trimmed_rows_total', 'Rows that retention took, by what they were.', ['what']))
    this.pushes = new Counter(
      of('pushes_total', 'Notifications, by provider, by what they are, by outcome and by the reason of a failure.', [
        ...['provider', 'kind', 'outcome', 'reason'],
      ]),
    )
    this.coalesced = new Counter(
      of('pushes_coalesced_total', 'Messages that were told together with another one, by provider.', ['provider']),
    )
    this.waits = new Counter(
      of('push_waits_total', 'Users who began to wait for an acknowledgement, and those that it reached in time.', [
        'what',
      ]),
    )
    this.pushTime = new Histogram({
      ...of('push_batch_duration_seconds', 'Calls of a push provider.', ['provider', 'outcome']),
      buckets: seconds,
    })
    void new Gauge({
      ...of('push_waiting', 'Notifications that wait for a provider.'),
      collect() {
        this.set(known(stats)?.push?.notifications ?? 0)
      },
    })
    void new Gauge({
      ...of('sessions', 'Sessions of this node.', ['device_type']),
      collect() {
        for (const [deviceType, count] of Object.entries(known(stats)?.sessions ?? {}))
          this.set({ device_type: deviceType }, count)
      },
    })
    void new Gauge({
      ...of('writer_queue', 'Operations that wait to be stored.'),
      collect() {
        this.set(known(stats)?.writerQueue ?? 0)
      },
    })
    void new Gauge({
      ...of('commits_failing_seconds', 'For how long no commit has succeeded; 0 while they do.'),
      collect() {
        this.set((known(stats)?.commitsFailingMs ?? 0) / 1000)
      },
    })
    void new Gauge({
      ...of('presence_away_seconds', 'For how long presence has not answered; 0 while it does.'),
      collect() {
        this.set((known(stats)?.presenceAwayMs ?? 0) / 1000)
      },
    })
    void new Gauge({
      ...of('outbox_waiting', 'Rows of the outbox that this node has seen and not moved yet.'),
      collect() {
        this.set(known(stats)?.outbox?.waiting ?? 0)
      },
    })
    void new Gauge({
      ...of('outbox_parked', 'Rows of the outbox that could not be moved and are parked, at the last count.'),
      collect() {
        this.set(known(stats)?.outbox?.parked ?? 0)
      },
    })
  }

  sent({ kind, by, outcome, durationMs }: ObservedSend): void {
    this.sends.inc({ kind, by, outcome })
    this.sendTime.observe({ by }, durationMs / 1000)
  }

  committed({ operations, durationMs, failed }: ObservedCommit): void {
    if (failed) this.failures.inc()
    this.commitTime.observe(durationMs / 1000)
    this.commitSize.observe(operations)
  }

  async handler<T>({ on }: ObservedHandler, call: () => Promise<T>): Promise<T> {
    const end = this.handlerTime.startTimer({ on })
    try {
      const given = await call()
      end({ outcome: 'ok' })
      return given
    } catch (error) {
      end({ outcome: 'thrown' })
      throw error
    }
  }

  synced(): void {
    this.syncs.inc()
  }

  s2c(outcome: string): void {
    this.s2cEvents.inc({ outcome })
  }

  outboxRow(outcome: string): void {
    this.rows.inc({ outcome })
  }

  trimmed(taken: Readonly<Record<'entries' | 'messages' | 'keys', number>>): void {
    for (const [what, rows] of Object.entries(taken)) if (rows > 0) this.taken.inc({ what }, rows)
  }

  private told({ provider, kind, outcome, reason, messages }: ObservedPush): void {
    this.pushes.inc({ provider, kind, outcome, reason })
    if (outcome === 'sent' && messages > 1) this.coalesced.inc({ provider }, messages - 1)
  }

  private armed({ armed, deliveredFirst }: ObservedArming): void {
    this.waits.inc({ what: 'armed' }, armed)
    this.waits.inc({ what: 'delivered' }, deliveredFirst)
  }

  private async batch<T>({ provider }: ObservedPushBatch, call: () => Promise<T>): Promise<T> {
    const end = this.pushTime.startTimer({ provider })
    try {
      const given = await call()
      end({ outcome: 'ok' })
      return given
    } catch (error) {
      end({ outcome: 'thrown' })
      throw error
    }
  }

  /** Removes all metrics of this node from the registry. */
  remove(): void {
    for (const name of this.names) this.registry.removeSingleMetric(name)
  }
}

/** Null while the app has not started: a scrape must not fail then. */
function known(stats: () => NodeStats): NodeStats | null {
  try {
    return stats()
  } catch {
    return null
  }
}
