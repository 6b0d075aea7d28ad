// A client of @nestjs/microservices, as far as topics use one. The package is an optional peer, and an app may have a
// copy of its own: so clients are told apart by the names of their classes.
import { RookeryError } from '@rookery/protocol'
import type { Observable } from 'rxjs'

export interface MicroserviceClient {
  connect(): Promise<unknown>
  emit(pattern: unknown, data: unknown): Observable<unknown>
  send(pattern: unknown, data: unknown): Observable<unknown>
  readonly status?: Observable<string>
}

export const isClient = (value: unknown): value is MicroserviceClient => {
  const client = value as Partial<MicroserviceClient> | null
  return ['connect', 'emit', 'send'].every((name) => typeof client?.[name as 'emit'] === 'function')
}

/** The names of its class and of the classes that it extends. */
export function classNames(client: object): readonly string[] {
  const names: string[] = []
  for (let at: object | null = Object.getPrototypeOf(client); at !== null; at = Object.getPrototypeOf(at))
    names.push(at.constructor.name)
  return names
}

/** The options that the client was made with. They do not belong to its public types. */
export const optionsOf = (client: object): Readonly<Record<string, unknown>> =>
  (client as { readonly options?: Readonly<Record<string, unknown>> }).options ?? {}

/** Kafka's client reads answers only of patterns that it knows before it connects. */
export function readsAnswers(client: MicroserviceClient, pattern: string | object): void {
  if (!classNames(client).includes('ClientKafka')) return
  const kafka = client as unknown as { subscribeToResponseOf(pattern: string | object): void }
  kafka.subscribeToResponseOf(pattern)
}

const retryAfterMs = 1000

/** The client may try again; the log has the cause. */
export const unavailable = (message: string, cause?: unknown): RookeryError =>
  new RookeryError('UNAVAILABLE', message, { retryAfterMs, cause: cause === undefined ? undefined : errorOf(cause) })

export const notTaken = (cause: unknown): RookeryError => unavailable('the broker did not take the message', cause)

/** Clients fail with errors, with texts, and with objects that hold an error beside an address with its password. */
function errorOf(cause: unknown): Error {
  if (cause instanceof Error) return cause
  const { err } = (cause ?? {}) as { readonly err?: unknown }
  return err instanceof Error ? err : new Error(typeof cause === 'string' ? cause : 'the client does not say why')
}
