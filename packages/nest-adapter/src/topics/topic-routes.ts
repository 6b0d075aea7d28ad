// The option `topics`: requests of clients (c2s) that go to another service, over a client of @nestjs/microservices.
import type { InjectionToken } from '@nestjs/common'
import type { ModuleRef } from '@nestjs/core'
import { type AnswerTopic, type Handlers, option } from '@rookery/core'
import type { Handler } from '../handlers/explorer.js'
import { misconfigured, wordsOf } from '../misconfigured.js'
import { isClient, type MicroserviceClient } from './client.js'
import { queueInto } from './queue.js'
import { askFor } from './reply.js'
import { ByTopic, overlap } from './topic-patterns.js'
import { deliverTo } from './deliver.js'

/** Where the requests of a topic go. */
export interface TopicRoute {
  /** The token of a `ClientProxy`, as `ClientsModule.register([{ name, … }])` provides it. */
  readonly client: InjectionToken
  /** The message pattern at the other service; for Kafka the topic, for NATS the subject. Default: the client's topic. */
  readonly pattern?: string | object
  /**
   * `queued` answers `{ queued: true }` once the broker has the message: over RabbitMQ, Kafka or NATS JetStream. `reply`
   * answers with what the service returns, over any transport.
   */
  readonly answer: 'queued' | 'reply'
  /**
   * How long all of it may take, in ms; then the client gets `UNAVAILABLE`. Default: 5000. `timing.handlerDeadlineMs`
   * holds, too.
   */
  readonly timeoutMs?: number
}

/** By topic. In `order.*` the star stands for one segment. */
export type TopicRoutes = Readonly<Record<string, TopicRoute>>

const declared = {
  client: option.passing<InjectionToken>(
    (value) => value !== undefined && value !== null && value !== '',
    "is not a token: give the name of a client, as in ClientsModule.register([{ name: 'ORDERS', … }])",
  ),
  pattern: option.optional(
    option.passing<string | object>(
      (value) => (typeof value === 'string' && value !== '') || (typeof value === 'object' && value !== null),
      'must be a message pattern, such as order.placed',
    ),
  ),
  answer: option.oneOf(['queued', 'reply'], "must be 'queued' or 'reply'"),
  timeoutMs: option.standard(5000, option.whole(1, 600_000, 'must be whole milliseconds from 1 to 600000')),
} satisfies option.Options<TopicRoute>

const topicForm = /^[!-~]{1,64}$/

/**
 * Adds the routes to the handlers of the app.
 * @param found the app's own handlers, which no route may answer instead of
 * @throws Error in one line that names the topic and the remedy
 */
export function withTopicRoutes(
  handlers: Handlers | undefined,
  given: TopicRoutes,
  found: readonly Handler[],
  app: ModuleRef,
): Handlers | undefined {
  const topics = Object.keys(given)
  if (topics.length === 0) return handlers
  checkTopics(topics, found)
  const routes = new ByTopic(topics.map((topic) => [topic, routeOf(topic, given[topic]!, app)] as const))
  return {
    before: (kind, type) => handlers?.before(kind, type),
    after: (kind, type) => handlers?.after(kind, type),
    topic: (topic) => handlers?.topic(topic) ?? routes.get(topic)?.(topic),
    ...(handlers?.connect === undefined ? {} : { connect: handlers.connect.bind(handlers) }),
  }
}

function checkTopics(topics: readonly string[], found: readonly Handler[]): void {
  for (const [i, topic] of topics.entries()) {
    if (!topicForm.test(topic))
      throw misconfigured(
        `RookeryModule option topics has ${JSON.stringify(topic)}: use 1 to 64 printable ASCII characters, with stars for single segments, such as 'order.*'.`,
      )
    const other = topics.slice(i + 1).find((one) => overlap(topic, one))
    if (other !== undefined)
      throw misconfigured(
        `RookeryModule option topics has ${topic} and ${other}, which share topics: a topic goes to one client, change one of them.`,
      )
    for (const { declaration, name } of found)
      if (declaration.on === 'topic' && overlap(topic, declaration.topic))
        throw misconfigured(
          `RookeryModule option topics has ${topic}, and ${name} answers the topic ${declaration.topic}: a topic has one handler, remove one of them.`,
        )
  }
}

/** @returns what answers a topic that the route is for */
function routeOf(topic: string, given: TopicRoute, app: ModuleRef): (topic: string) => AnswerTopic {
  const words = wordsOf(`RookeryModule option topics: ${topic}:`)
  if (typeof given !== 'object' || given === null)
    throw misconfigured(`RookeryModule option topics: ${topic} must be { client, answer, pattern?, timeoutMs? }.`)
  const { client: token, pattern, answer, timeoutMs } = option.read(declared, given, words)
  const client = clientOf(topic, token, app)
  const send = answer === 'queued' ? queueInto(client, topic, timeoutMs) : askFor(client, pattern, timeoutMs)
  return (asked) => deliverTo(send, asked, pattern ?? asked)
}

function clientOf(topic: string, token: InjectionToken, app: ModuleRef): MicroserviceClient {
  const name = typeof token === 'function' ? token.name : String(token)
  const missing = (fault: string) =>
    misconfigured(
      `RookeryModule option topics: ${topic} names the client ${name}, ${fault}: import ClientsModule.register([{ name: '${name}', transport, options }]) from @nestjs/microservices.`,
    )
  let found: unknown
  try {
    found = app.get(token, { strict: false })
  } catch {
    throw missing('of which the app has no instance')
  }
  if (!isClient(found)) throw missing('which is no ClientProxy')
  return found
}
