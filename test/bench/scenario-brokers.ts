// Requests of 100 clients that RabbitMQ confirms, against the same messages by amqplib's confirm channel alone, in turns.
import { randomBytes } from 'node:crypto'
import { connect, type Channel } from 'amqplib'
import { Child } from './child.js'
import type { ConnectChannel } from './load/confirms-load.js'
import type { ConnectClients } from './load/topics-load.js'
import type { Turn, TurnTimes } from './load/turn.js'
import { progress } from './progress.js'
import { table, type Section } from './report.js'
import type { Serving } from './servers/serve.js'
import { median, medianRatio } from './stats.js'

const CLIENTS = 100
const OUTSTANDING = 8
const TARGET = 0.7
/** V8 compiles then. */
const COMPILING_MS = 3000

export interface BrokerTimes {
  readonly rounds: number
  readonly windowMs: number
}

export const amqpUrl = process.env['AMQP_URL'] ?? 'amqp://127.0.0.1:5672'

/** Why there is no RabbitMQ; null if there is one. */
export async function rabbitMqIsMissing(): Promise<string | null> {
  try {
    await (await connect(amqpUrl)).close()
    return null
  } catch (error) {
    return `no RabbitMQ at AMQP_URL: ${(error as Error).message}`
  }
}

interface Side {
  readonly title: string
  readonly queue: string
  readonly load: Child
  readonly turns: Turn[]
}

/** @param wrong collects what must not have happened, line by line */
export async function runBrokers(times: BrokerTimes, wrong: string[]): Promise<Section> {
  const connection = await connect(amqpUrl)
  const channel = await connection.createChannel()
  const children: Child[] = []
  const queues = ['rookery', 'amqplib'].map((name) => `rookery-bench-${name}-${randomBytes(4).toString('hex')}`)
  try {
    for (const queue of queues) await channel.assertQueue(queue, { durable: true })
    const start = async <Ready>(file: string, env: Readonly<Record<string, string>> = {}) => {
      const started = await Child.start<Ready>(file, { env })
      children.push(started.child)
      return started
    }
    const [ours, theirs] = queues as [string, string]
    const server = await start<Serving>('./servers/rookery-topics.js', { BENCH_AMQP_URL: amqpUrl, BENCH_QUEUE: ours })
    const clients = (await start('./load/topics-load.js')).child
    await clients.call('connect', { port: server.ready.port, clients: CLIENTS } satisfies ConnectClients)
    const confirms = (await start('./load/confirms-load.js')).child
    await confirms.call('connect', { url: amqpUrl, queue: theirs, clients: CLIENTS } satisfies ConnectChannel)
    const sides: readonly [Side, Side] = [
      { title: 'c2s to RabbitMQ, 100 clients', queue: ours, load: clients, turns: [] },
      { title: 'amqplib, confirm channel', queue: theirs, load: confirms, turns: [] },
    ]
    await takeTurns(sides, times, channel, wrong)
    return sectionOf(sides)
  } finally {
    for (const child of children.toReversed()) await child.stop()
    for (const queue of queues) await channel.deleteQueue(queue)
    await connection.close()
  }
}

async function takeTurns(
  sides: readonly Side[],
  { rounds, windowMs }: BrokerTimes,
  channel: Channel,
  wrong: string[],
): Promise<void> {
  const turn = async ({ title, queue, load }: Side, ms: number): Promise<Turn> => {
    const times: TurnTimes = { outstanding: OUTSTANDING, windowMs: ms }
    const taken = await load.call<Turn>('turn', times)
    const { messageCount } = await channel.purgeQueue(queue)
    if (taken.refused > 0) wrong.push(`${title}: ${taken.refused} refused (${taken.refusal})`)
    if (messageCount !== taken.answered)
      wrong.push(`${title}: ${taken.answered} confirmed, ${messageCount} in the queue`)
    return taken
  }
  for (const side of sides) await turn(side, COMPILING_MS)
  for (let round = 1; round <= rounds; round++) {
    for (const side of round % 2 === 0 ? sides.toReversed() : sides) side.turns.push(await turn(side, windowMs))
    if (round % 5 === 0) progress(`${round} of ${rounds} rounds with RabbitMQ`)
  }
}

function sectionOf([ours, theirs]: readonly [Side, Side]): Section {
  const rates = ({ turns }: Side): number[] => turns.map(({ perSecond }) => perSecond)
  const whole = (value: number): string => Math.round(value).toLocaleString('en')
  const rows = [ours, theirs].map((side) => [side.title, whole(median(rates(side))), rates(side).map(whole).join(' ')])
  const ratio = medianRatio(rates(ours), rates(theirs))
  return {
    title: `Requests to RabbitMQ with confirms, ${CLIENTS} clients, ${OUTSTANDING} outstanding for each`,
    text: table([['', 'acknowledged/s', 'of each round'], ...rows]),
    verdicts: [{ what: 'c2s to RabbitMQ / amqplib alone, ack/s', ratio, target: `≥ ${TARGET}`, met: ratio >= TARGET }],
  }
}
