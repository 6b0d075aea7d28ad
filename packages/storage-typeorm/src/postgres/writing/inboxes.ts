// Which users get which messages in a batch of appends. Messages to one group usually share one list of members, and
// users who are in this list alone all get the same messages. Such users form a class, and the class names their
// operations once.
import type { UserId } from '@rookery/core'
import type { Names } from './names.js'

interface List {
  /** Users, by the numbers that `Names` gave them. */
  readonly users: readonly number[]
  /** Places of operations, ascending. */
  readonly ops: number[]
}

export interface Classes {
  /** For each user, by number: the class, from 1; 0 where the user gets nothing. */
  readonly classes: readonly number[]
  /** For each class: how many of `places` belong to it and the classes before it. */
  readonly ends: readonly number[]
  /** Places of operations from 1, ascending within a class. */
  readonly places: readonly number[]
}

interface Stretches {
  readonly froms: readonly number[]
  readonly tos: readonly number[]
  readonly places: readonly number[]
}

export class Inboxes {
  readonly #lists: List[] = []
  readonly #byMembers = new Map<readonly UserId[], List>()
  /** The list of members of each operation. */
  readonly #ofOp: List[] = []

  /** Answers the members' numbers, in their order. The caller adds operations in order. */
  add(op: number, members: readonly UserId[], users: Names): readonly number[] {
    let list = this.#byMembers.get(members)
    if (list === undefined) {
      list = { users: members.map((userId) => users.add(userId)), ops: [] }
      this.#lists.push(list)
      this.#byMembers.set(members, list)
    }
    list.ops.push(op)
    this.#ofOp.push(list)
    return list.users
  }

  /** The members of an operation, by their numbers. */
  of(op: number): readonly number[] {
    return this.#ofOp[op]!.users
  }

  classes(users: number): Classes {
    const lists: (number | number[])[] = new Array<number>(users).fill(-1)
    for (const [number, list] of this.#lists.entries()) {
      for (const user of list.users) {
        const before = lists[user]!
        if (typeof before !== 'number') before.push(number)
        else lists[user] = before < 0 ? number : [before, number]
      }
    }
    const known = new Map<number | string, number>()
    const ends: number[] = []
    const places: number[] = []
    const classes = lists.map((of) => {
      if (of === -1) return 0
      const key = typeof of === 'number' ? of : of.join()
      const found = known.get(key)
      if (found !== undefined) return found
      const ops = typeof of === 'number' ? this.#lists[of]!.ops : of.flatMap((list) => this.#lists[list]!.ops)
      if (typeof of !== 'number') ops.sort((a, b) => a - b)
      for (const op of ops) places.push(op + 1)
      ends.push(places.length)
      known.set(key, ends.length)
      return ends.length
    })
    return { classes, ends, places }
  }

  /**
   * The same as a range of `places` for each user, by number: its first and last place. Where a user gets nothing, the
   * last is before the first.
   */
  stretches(users: number): Stretches {
    const { classes, ends, places } = this.classes(users)
    const froms = classes.map((of) => (of > 1 ? ends[of - 2]! : 0) + 1)
    const tos = classes.map((of) => (of > 0 ? ends[of - 1]! : 0))
    return { froms, tos, places }
  }
}
