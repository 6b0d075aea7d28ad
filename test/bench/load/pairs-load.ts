// The load of 100 pairs, in its own process: a closed loop in which each sender keeps a fixed number of messages
// unanswered.
import { answerParent } from '../child-answers.js'
import { Device } from './device.js'
import { Tally } from './tally.js'
import { wires, type WireName } from './wires.js'

export interface ConnectPairs {
  readonly port: number
  readonly wire: WireName
  readonly pairs: number
}

/** Everything counted since the process began, except the latencies. */
export interface Mark {
  /** Milliseconds on this process's own clock. */
  readonly atMs: number
  readonly acknowledged: number
  readonly delivered: number
  /** Latencies of the answers since the last mark, in ms, ascending. */
  readonly latenciesMs: readonly number[]
}

/** The check after everything has arrived. */
export interface Drained {
  readonly acknowledged: number
  readonly delivered: number
  /** Acknowledged and never delivered. */
  readonly missing: number
  /** Delivered more than once to a device that never reconnected. */
  readonly repeated: number
  /** Delivered and never acknowledged. */
  readonly foreign: number
  readonly refused: number
  /** The text of the first refusal. */
  readonly refusal: string | null
  /** The number of `sync` events that the devices received. */
  readonly synced: number
  readonly recipients: readonly string[]
}

const ACK_EVERY_MS = 1000
const DRAIN_MS = 15_000

class Pair {
  readonly tally = new Tally()
  sender!: Device
  recipient!: Device
  sent = 0
  unanswered = 0

  constructor(readonly index: number) {}

  async connect(url: string, wire: WireName): Promise<void> {
    this.sender = await Device.connect(url, wires[wire], `s${this.index}`, () => undefined)
    this.recipient = await Device.connect(url, wires[wire], `r${this.index}`, (number) => {
      if (this.tally.add(number)) delivered++
    })
  }

  send(): void {
    const sentAt = performance.now()
    this.unanswered++
    this.sender.send(this.recipient.userId, this.sent++, (why) => {
      this.unanswered--
      if (why === null) {
        acknowledged++
        latenciesMs.push(performance.now() - sentAt)
        if (running) this.send()
      } else {
        refused++
        refusal ??= why
      }
    })
  }
}

let pairs: Pair[] = []
let running = false
let acknowledged = 0
let delivered = 0
let refused = 0
let refusal: string | null = null
let latenciesMs: number[] = []

async function connectPairs({ port, wire, pairs: count }: ConnectPairs): Promise<void> {
  const url = `http://127.0.0.1:${port}`
  pairs = Array.from({ length: count }, (_, index) => new Pair(index))
  await Promise.all(pairs.map((pair) => pair.connect(url, wire)))
  // Spread over the second, as independent devices would do it.
  const devices = pairs.flatMap((pair) => [pair.sender, pair.recipient])
  let next = 0
  const tickMs = 10
  setInterval(() => {
    for (let left = Math.ceil((devices.length * tickMs) / ACK_EVERY_MS); left > 0; left--) {
      devices[next++ % devices.length]!.acknowledge()
    }
  }, tickMs)
}

function start(outstanding: number): void {
  running = true
  for (const pair of pairs) {
    for (let number = 0; number < outstanding; number++) pair.send()
  }
}

function mark(): Mark {
  const sorted = Float64Array.from(latenciesMs).sort()
  latenciesMs = []
  return { atMs: performance.now(), acknowledged, delivered, latenciesMs: [...sorted] }
}

/** Stops sending, and waits until everything is answered and delivered, or until it surely never will be. */
async function drain(): Promise<Drained> {
  running = false
  const giveUpAt = performance.now() + DRAIN_MS
  const done = (): boolean => delivered >= acknowledged && pairs.every((pair) => pair.unanswered === 0)
  while (!done() && performance.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 20))
  // A moment more, in which a repeat would arrive.
  await new Promise((resolve) => setTimeout(resolve, 200))
  latenciesMs = []
  const sum = (of: (pair: Pair) => number): number => pairs.reduce((total, pair) => total + of(pair), 0)
  return {
    acknowledged,
    delivered,
    missing: sum((pair) => pair.tally.check(pair.sent).missing) - refused,
    repeated: sum((pair) => pair.tally.repeated),
    foreign: sum((pair) => pair.tally.check(pair.sent).foreign),
    refused: refused + sum((pair) => pair.unanswered),
    refusal: refusal ?? (pairs.some((pair) => pair.unanswered > 0) ? 'never answered' : null),
    synced: sum((pair) => pair.sender.synced + pair.recipient.synced),
    recipients: pairs.map((pair) => pair.recipient.userId),
  }
}

answerParent(null, { connect: connectPairs, start, mark, drain })
