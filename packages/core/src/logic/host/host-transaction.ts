// What may be asked while a transaction of the host holds one of its connections: whoever would need another one would wait
// for it for ever, once all of the pool are held so.
import type { UserId } from '@rookery/protocol'
import type { TakesTransaction } from '../../ports/host.js'

/** The host's running transaction, in which something is asked. */
export interface HostTransaction {
  readonly tx: unknown
}

/** Asks of each user; a transaction has one connection, which takes one query at a time. */
export async function askOfEach<Answer>(
  userIds: readonly UserId[],
  inside: HostTransaction | null,
  ask: (userId: UserId) => Promise<Answer>,
  bounded: <T>(asked: Promise<T>) => Promise<T>,
): Promise<readonly Answer[]> {
  if (inside === null) return bounded(Promise.all(userIds.map(ask)))
  const answers: Answer[] = []
  for (const userId of userIds) answers.push(await bounded(ask(userId)))
  return answers
}

/** A provider that may be asked now; null where there is none, or none that takes the transaction. */
export const askable = <Provider extends TakesTransaction>(
  provider: Provider | null,
  inside: HostTransaction | null,
): Provider | null => (inside === null || provider?.takesTransaction === true ? provider : null)
