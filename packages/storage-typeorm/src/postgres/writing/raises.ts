// How far a batch of appends raises each conversation's counters, counted before the batch reaches the database: each
// message's rank in its conversation, and whose read positions move with it. These are parallel lists of numbers,
// because this runs for every message. A conversation's values are at the index that `Names` gave it.

/**
 * Read positions that move: the users, by the number that `Names` gave them (-1 for nobody), and the rank and count to
 * which each moves.
 */
export class Moves {
  readonly users: number[] = []
  readonly ranks: number[] = []
  readonly counts: number[] = []

  add(): void {
    this.users.push(-1)
    this.ranks.push(0)
    this.counts.push(0)
  }

  set(at: number, user: number, rank: number, count: number): void {
    this.users[at] = user
    this.ranks[at] = rank
    this.counts[at] = count
  }
}

export class Raises {
  readonly messages: number[] = []
  /** How many of the messages are countable. */
  readonly counted: number[] = []
  /** The rank of the last countable message, 0 where there is none, and its time. */
  readonly lastCounted: number[] = []
  readonly lastCountedAt: (number | null)[] = []
  /** The version of the group under which the operations were decided; null for any. */
  readonly versions: (number | null)[] = []
  /** The read positions of a c2c conversation's two users. */
  readonly first = new Moves()
  readonly second = new Moves()
  /** The read positions of groups' members, which have their own rows, and the conversation of each. */
  readonly ofMembers = new Moves()
  readonly conversationsOfMembers: number[] = []

  /** For each message: its rank in its conversation, from 1, and how many messages are countable up to it. */
  readonly ranks: number[] = []
  readonly counts: number[] = []

  /**
   * Counts the next message of a conversation. Answers false where the operations give more than one version for it.
   * @param countedAt its time; null where it is not countable
   */
  add(conversation: number, version: number | null, countedAt: number | null): boolean {
    if (conversation === this.messages.length) this.#begin(version)
    else if (this.versions[conversation] !== version) return false
    const rank = this.messages[conversation]! + 1
    this.messages[conversation] = rank
    if (countedAt !== null) {
      this.counted[conversation]! += 1
      this.lastCounted[conversation] = rank
      this.lastCountedAt[conversation] = countedAt
    }
    this.ranks.push(rank)
    this.counts.push(this.counted[conversation]!)
    return true
  }

  /**
   * Moves the position of one of two users to the last counted message. Answers false where there are more than two
   * users.
   */
  moveOneOfTwo(conversation: number, user: number): boolean {
    const { first, second } = this
    const isFirst = first.users[conversation] === -1 || first.users[conversation] === user
    const moves = isFirst ? first : second
    if (moves.users[conversation] !== -1 && moves.users[conversation] !== user) return false
    moves.set(conversation, user, this.messages[conversation]!, this.counted[conversation]!)
    return true
  }

  /** Moves the position of a group's member to the last counted message. */
  moveMember(conversation: number, user: number): void {
    const { users } = this.ofMembers
    let at = users.findIndex((other, index) => other === user && this.conversationsOfMembers[index] === conversation)
    if (at === -1) {
      at = users.length
      this.ofMembers.add()
      this.conversationsOfMembers.push(conversation)
    }
    this.ofMembers.set(at, user, this.messages[conversation]!, this.counted[conversation]!)
  }

  #begin(version: number | null): void {
    this.messages.push(0)
    this.counted.push(0)
    this.lastCounted.push(0)
    this.lastCountedAt.push(null)
    this.versions.push(version)
    this.first.add()
    this.second.add()
  }
}
