// A group grows above the line by its clients' own requests: what every member gets, before and after.
import { afterEach, expect, it } from 'vitest'
import { FollowingClient, TestNode, type Wire } from '@rookery/testing'

let node: TestNode
afterEach(() => node.stop())

const until = (client: FollowingClient, id: string, seq: number): Promise<void> =>
  client.device.until(() => client.seqs(id).at(-1) === seq)

it('is followed by its timeline from then on, control messages too, and its members miss and repeat nothing', async () => {
  node = await TestNode.start({ fanout: { readAbove: 3 } })
  const connect = (user: string): Promise<FollowingClient> => FollowingClient.connect(node.rookery.gate, user)
  const [ann, bob, dan] = [await connect('ann'), await connect('bob'), await connect('dan')]
  const ask = async (client: FollowingClient, event: string, request: object): Promise<Wire> =>
    client.device.ask(event, request)
  const { groupId } = await ask(ann, 'group.create', { name: 'cars', members: ['bob', 'cleo'] })
  await ask(bob, 'c2g', node.text(groupId, 'few'))
  await ask(ann, 'group.add', { groupId, userIds: ['dan', 'eve'] })
  const { seq } = await ask(bob, 'c2g', node.text(groupId, 'many'))
  await ask(bob, 'edit', { conversationId: groupId, seq, content: { text: 'very many' } })
  await ask(ann, 'react', { conversationId: groupId, seq, reaction: '+1' })
  await ask(dan, 'c2g', node.text(groupId, 'hello'))
  await ask(ann, 'group.remove', { groupId, userIds: ['bob'] })
  const last = await ask(dan, 'c2g', node.text(groupId, 'without bob'))
  await Promise.all([until(ann, groupId, last.seq), until(dan, groupId, last.seq), until(bob, groupId, last.seq - 1)])

  const typesOf = (client: FollowingClient): string[] => client.taken.get(groupId)!.map(({ type }) => type)
  const all = ['im.group', 'text', 'im.group', 'text', 'im.edit', 'im.reaction', 'text', 'im.group', 'text']
  expect([typesOf(ann), typesOf(bob), typesOf(dan)]).toEqual([all, all.slice(0, -1), all.slice(2)])
  expect([ann, bob, dan].map(({ faults, syncs }) => [faults, syncs])).toEqual([
    [[], 0],
    [[], 0],
    [[], 0],
  ])
  // By entries before the line, by the timeline after it.
  expect(ann.device.entries.map(({ kind }) => kind)).toEqual(['message', 'message', 'follow'])
  expect(bob.device.entries.map(({ kind }) => kind)).toEqual(['message', 'message', 'follow', 'unfollow'])
})

it('tells my own reactions beside a page of its timeline', async () => {
  node = await TestNode.start({ fanout: { readAbove: 1 } })
  const ann = await node.connect('ann')
  const { groupId } = await ann.ask('group.create', { name: 'cars', members: ['bob'] })
  const { seq, msgId } = await ann.ask('c2g', node.text(groupId, 'x'))
  await ann.ask('react', { conversationId: groupId, seq, reaction: '+1' })
  const page = await ann.ask('pull', { since: 0, timelines: { [groupId]: 0 } })
  expect(page.mine).toEqual({ [msgId]: ['+1'] })
  expect(page.timelines[0].messages.map(({ type }: Wire) => type)).toEqual(['im.group', 'text', 'im.reaction'])
})
