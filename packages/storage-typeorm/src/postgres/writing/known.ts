// What this node knows from its commits: the users and conversations that have a row, and the row's number where a
// commit answered it. So a batch need not look users up, and most batches name their counter rows at once. This is only
// a hint: the database checks it, and where it was wrong the node forgets everything.

import { Cache } from '../../cache.js'

const namesMax = 100_000

export class Known {
  /** Numbers by name; 0 where a row is known to exist, but not its number. */
  readonly #users = new Cache<number>(namesMax)
  readonly #conversations = new Cache<number>(namesMax)

  /** Those of the users that this node does not know. */
  unmet(userIds: readonly string[]): readonly string[] {
    return userIds.filter((userId) => this.#users.get(userId) === undefined)
  }

  /** The numbers of these users, in their order; null where one of them is unknown. */
  users(userIds: readonly string[]): readonly number[] | null {
    return numbersIn(this.#users, userIds)
  }

  conversations(conversationIds: readonly string[]): readonly number[] | null {
    return numbersIn(this.#conversations, conversationIds)
  }

  /** Called after a commit that found or made a row for each of these. */
  met(userIds: readonly string[]): void {
    for (const userId of this.unmet(userIds)) this.#users.set(userId, 0)
    this.#users.trim()
  }

  /** Called after a commit that answered the numbers of all these. */
  metUsers(userIds: readonly string[], numbers: readonly number[]): void {
    meet(this.#users, userIds, numbers)
  }

  metConversations(conversationIds: readonly string[], numbers: readonly number[]): void {
    meet(this.#conversations, conversationIds, numbers)
  }

  forget(): void {
    this.#users.clear()
    this.#conversations.clear()
  }
}

function meet(known: Cache<number>, names: readonly string[], numbers: readonly number[]): void {
  for (const [index, name] of names.entries()) known.set(name, numbers[index]!)
  known.trim()
}

function numbersIn(known: Cache<number>, names: readonly string[]): readonly number[] | null {
  const numbers = new Array<number>(names.length)
  for (const [index, name] of names.entries()) {
    const number = known.get(name)
    if (number === undefined || number === 0) return null
    numbers[index] = number
  }
  return numbers
}
