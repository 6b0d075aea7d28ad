// Groups whose members the host keeps in its own tables: the host announces changes, and its list decides who is a
// member.
import { afterEach, describe, expect, it } from 'vitest'
import { MemoryOutbox } from '../../memory/memory-outbox.js'
import { MemoryStorage } from '../../memory/memory-storage.js'
import type { RookeryOptions } from '../../options/options.js'
import { createRookery } from '../../rookery.js'
import { type FakeDevice, raceHostGroups, TestNode, type Wire } from '@rookery/testing'

const nodes: TestNode[] = []
afterEach(() => Promise.all(nodes.splice(0).map((node) => node.stop())))

/** The host's own tables: the members of each team, and its name. */
class Teams {
  readonly members = new Map<string, readonly string[]>()
  readonly names = new Map<string, string>()

  readonly options: Partial<RookeryOptions> = {
    hostGroups: { members: (groupId) => this.members.get(groupId) ?? null },
    names: {
      names: async (_, conversations) =>
        conversations.map(({ conversationId }) => {
          const name = this.names.get(conversationId)
          return name === undefined ? null : { name }
        }),
    },
  }
}

async function start(teams: Teams, options: Partial<RookeryOptions> = {}): Promise<TestNode> {
  const node = await TestNode.start({ rate: 'off', ...teams.options, ...options })
  nodes.push(node)
  return node
}

const membersOf = async ({ rookery: { im } }: TestNode, groupId: string): Promise<string[]> => {
  const all: string[] = []
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page = await im.groups.members(groupId, cursor === undefined ? {} : { cursor })
    all.push(...page.members.map(({ userId }) => userId))
    cursor = page.cursor
  }
  return all
}

const eventsOf = async (device: FakeDevice): Promise<Wire[]> =>
  (await device.ask('pull', { since: 0 })).entries.flatMap(({ message }: Wire) =>
    message?.type === 'im.group' ? [[message.content.event, message.content.userIds]] : [],
  )

describe('a group whose members the host keeps', () => {
  it('has the members of the list once the host announces it, and each of them gets a message', async () => {
    const teams = new Teams()
    const node = await start(teams)
    const { im } = node.rookery
    const { groupId } = await im.groups.create({ owner: 'lead', name: 'sales', members: ['ann', 'bob'] })
    const [lead, ann, bob] = [await node.connect('lead'), await node.connect('ann'), await node.connect('bob')]
    teams.members.set(groupId, ['ann', 'cid', 'dan'])
    expect(await membersOf(node, groupId)).toEqual(['ann', 'bob', 'lead'])
    await im.groups.changed(groupId)
    expect(await membersOf(node, groupId)).toEqual(['ann', 'cid', 'dan', 'lead'])
    expect(await eventsOf(lead)).toEqual([
      ['created', ['lead', 'ann', 'bob']],
      ['removed', ['bob']],
      ['added', ['cid', 'dan']],
      ['updated', undefined],
    ])
    await ann.ask('c2g', node.text(groupId, 'not for bob'))
    expect(await bob.code('history', { conversationId: groupId })).toBe('NOT_FOUND')
    expect(JSON.stringify(await bob.ask('pull', { since: 0 }))).not.toContain('not for bob')
  })

  it('keeps its owner and the roles of those who stay; a list of strangers is refused, and none changes nothing', async () => {
    const teams = new Teams()
    const node = await start(teams)
    const { im } = node.rookery
    const { groupId } = await im.groups.create({ owner: 'lead', name: 'sales', members: ['ann'] })
    await im.groups.role(groupId, 'ann', 'admin')
    await im.groups.changed(groupId)
    expect(await im.groups.get(groupId)).toMatchObject({ memberCount: 2, version: 3 })
    teams.members.set(groupId, ['ann'])
    await im.groups.changed(groupId)
    expect((await im.groups.members(groupId)).members).toMatchObject([
      { userId: 'ann', role: 'admin' },
      { userId: 'lead', role: 'owner' },
    ])
    for (const wrong of [['a b'], 'ann', [5]])
      await expect((teams.members.set(groupId, wrong as string[]), im.groups.changed(groupId))).rejects.toMatchObject({
        code: 'BAD_REQUEST',
      })
    expect(await im.groups.get(groupId)).toMatchObject({ memberCount: 2, version: 4 })
  })

  it('that stayed as it was writes nothing to anybody, however often it is announced, where the host does not name it', async () => {
    const teams = new Teams()
    const { names: _, ...options } = teams.options
    const node = await TestNode.start({ rate: 'off', ...options })
    nodes.push(node)
    const { im } = node.rookery
    const { groupId } = await im.groups.create({ owner: 'lead', name: 'sales', members: ['ann'] })
    const ann = await node.connect('ann')
    const told = async () => (await eventsOf(ann)).map(([event]) => event)
    teams.members.set(groupId, ['ann', 'lead'])
    const before = await im.groups.get(groupId)
    for (const key of ['1', '2', '1']) await im.groups.changed(groupId, { clientMsgId: key })
    await im.groups.changed(groupId)
    expect(await im.groups.get(groupId)).toEqual(before)
    expect(await told()).toEqual(['created'])
    teams.members.set(groupId, ['ann', 'bob'])
    // One change, and no empty one behind it.
    await im.groups.changed(groupId)
    expect(await told()).toEqual(['created', 'added'])
    expect(await im.groups.get(groupId)).toMatchObject({ version: before.version + 1, memberCount: 3 })
  })

  it('of any size follows in parts, and crosses the line on the way', async () => {
    const teams = new Teams()
    const node = await start(teams, { fanout: { readAbove: 300 } })
    const { im } = node.rookery
    const { groupId } = await im.groups.create({ owner: 'lead', name: 'all', members: ['gone'] })
    const people = Array.from({ length: 950 }, (_, i) => `u${String(i).padStart(3, '0')}`)
    teams.members.set(groupId, people)
    await im.groups.changed(groupId)
    expect(await membersOf(node, groupId)).toEqual(['lead', ...people])
    teams.members.set(groupId, people.slice(600))
    await im.groups.changed(groupId)
    expect(await membersOf(node, groupId)).toEqual(['lead', ...people.slice(600)])
  })

  it('announced in a transaction follows the committed list, and a rollback announces nothing', async () => {
    const teams = new Teams()
    const outbox = new MemoryOutbox()
    const node = await start(teams, { outbox })
    const { im } = node.rookery
    const { groupId } = await im.groups.create({ owner: 'lead', name: 'sales', members: ['ann'] })
    const lead = await node.connect('lead')
    const undone = outbox.begin()
    await im.within(undone).groups.changed(groupId)
    undone.rollback()
    const tx = outbox.begin()
    await im.within(tx).groups.changed(groupId)
    teams.members.set(groupId, ['bob'])
    tx.commit()
    await lead.until(() => lead.entries.at(-1)?.message.content.event === 'updated')
    expect((await eventsOf(lead)).map(([event]) => event)).toEqual(['created', 'removed', 'added', 'updated'])
    expect(await membersOf(node, groupId)).toEqual(['bob', 'lead'])
  })

  it('is called what the host calls it now, in lists and by itself', async () => {
    const teams = new Teams()
    const node = await start(teams)
    const { groupId } = await node.rookery.im.groups.create({ owner: 'lead', name: 'sales', members: ['ann'] })
    const ann = await node.connect('ann')
    teams.names.set(groupId, 'Sales & Service')
    expect(await ann.ask('group.get', { groupId })).toMatchObject({ name: 'Sales & Service' })
    expect(await ann.ask('conversation.get', { groupId })).toMatchObject({ name: 'Sales & Service' })
    expect((await ann.ask('conversations')).conversations[0]).toMatchObject({ name: 'Sales & Service' })
  })

  it('ends with the members of the last list, however many nodes announce however many changes at once', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const { members, listed } = await raceHostGroups(seed)
      expect([seed, members]).toEqual([seed, listed])
    }
  })
})

it('a mistake in the option is named in one line, with its remedy', () => {
  const options = { storage: new MemoryStorage(), authenticate: () => null, hostGroups: {} as never }
  expect(() => createRookery(options)).toThrow(/^Rookery option hostGroups has no members\(\): [^\n]+\.$/)
})
