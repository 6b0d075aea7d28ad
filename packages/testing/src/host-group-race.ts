// A race on a group of the host: its list changes, and both nodes of a cluster get word of it again and again at the
// same time. In the end the members must be those of the last list, whichever call overtook another.
import { MemoryDatabase, MemoryStorage } from '@rookery/core'
import { TestNode } from './node.js'
import { SeededRandom } from './seeded-random.js'

export interface HostGroupRace {
  /** The members at the end. */
  readonly members: readonly string[]
  /** The users of the last list, and the owner. */
  readonly listed: readonly string[]
}

const people = ['ann', 'bob', 'cid', 'dan', 'eve'] as const

/** Runs the race with one seed. */
export async function raceHostGroups(seed: number): Promise<HostGroupRace> {
  const random = new SeededRandom(seed)
  const database = new MemoryDatabase()
  const lists = new Map<string, readonly string[]>()
  const turns = async (max: number): Promise<void> => {
    for (let left = random.int(max); left > 0; left--) await Promise.resolve()
  }
  // Reading the list takes a while, so the result may be old.
  const members = async (groupId: string): Promise<readonly string[] | null> => {
    const listed = lists.get(groupId) ?? null
    await turns(12)
    return listed
  }
  const node = () => TestNode.start({ storage: new MemoryStorage({ database }), hostGroups: { members }, rate: 'off' })
  const both = [await node(), await node()] as const
  const [{ rookery }] = both
  const { groupId } = await rookery.im.groups.create({ owner: 'lead', name: 'x', members: [] })
  const announced: Promise<unknown>[] = []
  for (let i = 0; i < 12; i++) {
    lists.set(
      groupId,
      people.filter(() => random.chance(0.5)),
    )
    announced.push(random.pick(both).rookery.im.groups.changed(groupId))
    await turns(20)
  }
  await Promise.all(announced)
  const page = await rookery.im.groups.members(groupId)
  await Promise.all(both.map((one) => one.stop()))
  return { members: page.members.map(({ userId }) => userId), listed: [...lists.get(groupId)!, 'lead'] }
}
