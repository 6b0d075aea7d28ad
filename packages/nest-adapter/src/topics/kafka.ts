// Kafka has a message once the producer is answered, by all replicas in sync.
import { catchError, map } from 'rxjs'
import { type MicroserviceClient, notTaken } from './client.js'
import type { Send } from './deliver.js'
import { within } from './within.js'

export const intoKafka =
  (client: MicroserviceClient, timeoutMs: number): Send =>
  (pattern, message) => {
    // The key chooses the partition: what one user asked keeps its order.
    const record = { key: message.userId, value: message, headers: { clientMsgId: message.clientMsgId } }
    const sent = client.emit(pattern, record).pipe(
      map(() => ({ queued: true })),
      catchError((error: unknown) => {
        throw notTaken(error)
      }),
    )
    return within(timeoutMs, 'the broker', sent)
  }
