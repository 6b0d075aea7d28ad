// What was met in commits: users and conversations that have a row, and its number where it was told. So nobody is looked
// for before every batch, and most batches can say at once which rows they count up. Only a hint: whoever uses it has the
// database check it, and everything is forgotten where it was wrong.

import { Cache } from '../../cache.js'

const namesMax = 100_000

export class Known {
  /** Numbers by name; 0 where a row is known to be there and no more. */
  readonly #users = new Cache<number>(namesMax)
  readonly #conversations = new Cache<number>(namesMax)

  /** Those of whom nothing is known. */
  unmet(userIds: readonly string[]): readonly string[] {
    return userIds.filter((userId) => this.#users.get(userId) === undefined)
  }

  /** The numbers of all these users, in their order; null where one is not known. */
  users(userIds: readonly string[]): readonly number[] | null {
    return numbersIn(this.#users, userIds)
  }

  conversations(conversationIds: readonly string[]): readonly number[] | null {
    return numbersIn(this.#conversations, conversationIds)
  }

  /** After a commit that found or made a row for each of these. */
  met(userIds: readonly string[]): void {
    for (const userId of this.unmet(userIds)) this.#users.set(userId, 0)
    this.#users.trim()
  }

  /** After a commit that told the numbers of all these. */
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
