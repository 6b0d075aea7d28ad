// Who gets what in a batch of appends. Messages to one group mostly share one list of members, and whoever is only in that
// list gets the same as everybody else in it: such users are a class, whose operations are named once.
import type { UserId } from '@rookery/core'
import type { Names } from './names.js'

interface List {
  /** Users, by the numbers that `Names` gave them. */
  readonly users: readonly number[]
  /** Places of operations, ascending. */
  readonly ops: number[]
}

export interface Classes {
  /** Of each user, by number: the class from 1, 0 where nothing comes. */
  readonly classes: readonly number[]
  /** How many of `places` belong to the classes up to each. */
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
  /** The list of each operation. */
  readonly #ofOp: List[] = []

  /** Answers the members' numbers, in their order. Operations come in order. */
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

  /** The same as a stretch of `places` for each user, by number: from and up to which, the other way round for nobody's. */
  stretches(users: number): Stretches {
    const { classes, ends, places } = this.classes(users)
    const froms = classes.map((of) => (of > 1 ? ends[of - 2]! : 0) + 1)
    const tos = classes.map((of) => (of > 0 ? ends[of - 1]! : 0))
    return { froms, tos, places }
  }
}
