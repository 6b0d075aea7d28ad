// A push provider without a network: it remembers what it was given, and answers as a test says.
import type { PushNotification, PushOutcome, PushProvider, PushRequest } from '@rookery/core'

const sent: PushOutcome = { status: 'sent' }

export class FakePushProvider implements PushProvider {
  /** Everything that it was given, in order. */
  readonly requests: PushRequest[] = []
  /** How many batches it was given. */
  batches = 0
  isStopped = false
  /** What it answers to a request. */
  answer: (request: PushRequest) => PushOutcome | Promise<PushOutcome> = () => sent
  /** Throws for tokens that it would not take. */
  check: (registration: { readonly token: string }) => void = () => {}

  constructor(
    readonly name = 'fake',
    private readonly given: (request: PushRequest) => void = () => {},
  ) {}

  send(batch: readonly PushRequest[]): Promise<readonly PushOutcome[]> {
    this.batches += 1
    for (const request of batch) {
      this.requests.push(request)
      this.given(request)
    }
    return Promise.all(batch.map(async (request) => this.answer(request)))
  }

  stop(): void {
    this.isStopped = true
  }

  /** What the devices with this token were told. */
  told(token: string): PushNotification[] {
    return this.requests.filter(({ registration }) => registration.token === token).map((one) => one.notification)
  }
}
