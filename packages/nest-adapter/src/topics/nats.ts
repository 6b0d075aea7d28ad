// NATS itself keeps nothing. JetStream does, and answers each message that a stream took, on the reply subject of the
// message.
import { catchError, defer, map, mergeMap } from 'rxjs'
import { type MicroserviceClient, notTaken } from './client.js'
import type { Send } from './deliver.js'
import { within } from './within.js'

/** What JetStream answers. */
interface PubAck {
  readonly stream: string
  readonly seq: number
}

const isPubAck = (answer: unknown): answer is PubAck => {
  const { stream, seq } = (answer ?? {}) as Partial<PubAck>
  return typeof stream === 'string' && typeof seq === 'number'
}

export function intoJetStream(client: MicroserviceClient, timeoutMs: number): Send {
  let loading: Promise<Packages> | null = null
  return (pattern, message) => {
    const sent = defer(() => (loading ??= load())).pipe(
      mergeMap(({ NatsRecordBuilder, headers }) => {
        const given = headers()
        // A stream stores one id once within its `duplicate_window`, two minutes by default.
        given.set('Nats-Msg-Id', `${message.userId}/${message.clientMsgId}`)
        return client.send(pattern, new NatsRecordBuilder(message).setHeaders(given).build())
      }),
      map((answer) => {
        if (!isPubAck(answer))
          throw new Error('the answer is none of JetStream: a service listens to the subject itself')
        return { queued: true }
      }),
      catchError((error: unknown) => {
        throw notTaken(error)
      }),
    )
    return within(timeoutMs, 'the broker', sent)
  }
}

interface Headers {
  set(name: string, value: string): void
}

interface Packages {
  readonly NatsRecordBuilder: new (data: object) => { setHeaders(headers: Headers): { build(): object } }
  readonly headers: () => Headers
}

/** Nest 12 uses `@nats-io/transport-node`, Nest 11 `nats`: their headers belong to the package of the connection. */
async function load(): Promise<Packages> {
  const { NatsRecordBuilder } = (await import('@nestjs/microservices')) as unknown as Packages
  const names = ['@nats-io/transport-node', 'nats']
  for (const name of names) {
    const found = (await import(name).catch(() => null)) as Packages | null
    if (found !== null) return { NatsRecordBuilder, headers: found.headers }
  }
  throw new Error(`none of ${names.join(', ')} is installed`)
}
