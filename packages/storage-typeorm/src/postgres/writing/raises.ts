// How far a batch of appends raises each conversation, counted before the database is asked: each message's rank among those
// of its conversation, and whose read positions move with them. Lists of numbers side by side: what is said of one
// conversation stands at the number that `Names` gave it, and this is done for every message.

/** Read positions that move: whose, by the number that `Names` gave them (-1 for nobody), and to which rank and count. */
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
  /** How many of them count as unread. */
  readonly counted: number[] = []
  /** The rank of the last of these, 0 for none, and its time. */
  readonly lastCounted: number[] = []
  readonly lastCountedAt: (number | null)[] = []
  /** Of the members on which they were decided; null for any. */
  readonly versions: (number | null)[] = []
  /** Of the two users of a c2c conversation. */
  readonly first = new Moves()
  readonly second = new Moves()
  /** Of groups, whose members' positions stand elsewhere: moves, and in which conversation. */
  readonly ofMembers = new Moves()
  readonly conversationsOfMembers: number[] = []

  /** Of each message: its rank in its conversation, from 1, and how many count up to it. */
  readonly ranks: number[] = []
  readonly counts: number[] = []

  /**
   * Takes the next message of a conversation; false where more versions are given for that than one.
   * @param countedAt its time; null where it does not count
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

  /** One of two users reads up to the message that was taken last; false where there are more than two. */
  moveOneOfTwo(conversation: number, user: number): boolean {
    const { first, second } = this
    const isFirst = first.users[conversation] === -1 || first.users[conversation] === user
    const moves = isFirst ? first : second
    if (moves.users[conversation] !== -1 && moves.users[conversation] !== user) return false
    moves.set(conversation, user, this.messages[conversation]!, this.counted[conversation]!)
    return true
  }

  /** A member of a group reads up to the message that was taken last. */
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
