// Limits what chat asks the host while a transaction of the host holds a connection. A provider that needs another
// connection of the same pool could wait for ever: all connections may be held by transactions that wait in the same
// way.
import type { UserId } from '@rookery/protocol'
import type { TakesTransaction } from '../../ports/host.js'

/** The running transaction of the host. */
export interface HostTransaction {
  readonly tx: unknown
}

/**
 * Asks once for each user. Inside a transaction it asks one after another, because its connection takes one query at a
 * time.
 */
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

/**
 * The provider, if it may be asked now. Null where there is none, or where it does not take the running transaction.
 */
export const askable = <Provider extends TakesTransaction>(
  provider: Provider | null,
  inside: HostTransaction | null,
): Provider | null => (inside === null || provider?.takesTransaction === true ? provider : null)
