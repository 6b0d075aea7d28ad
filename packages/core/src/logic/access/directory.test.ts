// A host's table may find a user whose id is not quite the given one; chat compares ids byte for byte.
import { describe, expect, it } from 'vitest'
import type { Users } from '../../ports/host.js'
import { TestNode, VirtualClock } from '@rookery/testing'

/** Answers the id that a column of numbers, or one that ignores case, would find. */
const normalising: Users = {
  exists: async (userId) => (/^\d+$/.test(userId) ? String(Number(userId)) : userId.toLowerCase()),
}

describe('a users provider that answers the id that it found', () => {
  it('has only the users that it names exactly', async () => {
    const node = await TestNode.start({ users: normalising })
    const ann = await node.connect('ann')
    for (const to of ['3', 'bob']) expect(await ann.request('c2c', node.text(to, 'x'))).toMatchObject({ ok: true })
    for (const to of ['03', 'Bob']) expect(await ann.code('c2c', node.text(to, 'x'))).toBe('NOT_FOUND')
    expect(await node.rookery.im.conversations('03')).toMatchObject({ conversations: [] })
  })

  it('has nobody else in groups, no matter who adds them', async () => {
    const node = await TestNode.start({ users: normalising })
    const ann = await node.connect('ann')
    const details = { userIds: ['03', 'Bob'] }
    const refused = { ok: false, error: { code: 'NOT_FOUND', details } }
    const members = ['03', '3', 'Bob', 'bob']
    expect(await ann.request('group.create', { name: 'g', members })).toMatchObject(refused)
    const { groupId } = await ann.ask('group.create', { name: 'g', members: ['3'] })
    expect(await ann.request('group.add', { groupId, userIds: members.slice(2) })).toMatchObject({
      ok: false,
      error: { code: 'NOT_FOUND', details: { userIds: ['Bob'] } },
    })
    await expect(node.rookery.im.groups.create({ name: 'h', owner: 'ann', members })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      details,
    })
    await expect(node.rookery.im.sendC2C({ from: 'ann', to: '03', type: 'text', content: {} })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  it.each<[unknown, string]>([
    [true, ''],
    ['bob', ''],
    [false, 'NOT_FOUND'],
    [null, 'NOT_FOUND'],
    [undefined, 'NOT_FOUND'],
    ['', 'NOT_FOUND'],
    [1, 'INTERNAL'],
    [{ id: 'bob' }, 'INTERNAL'],
  ])('that answers %j', async (answer, code) => {
    const node = await TestNode.start({ users: { exists: () => answer as boolean } })
    const ann = await node.connect('ann')
    const answered = await ann.request('c2c', node.text('bob', 'x'))
    expect(answered.ok ? '' : answered.error.code).toBe(code)
  })
})

it('what a provider throws at the wish of a client is logged once in ten seconds', async () => {
  const ids: unknown[] = []
  const logger = {
    info: () => {},
    warn: () => {},
    error: (_: string, __: unknown, facts: object = {}) => ids.push(facts),
  }
  const users: Users = {
    exists: (userId) => {
      throw new Error(`invalid input syntax for type bigint: ${userId}`)
    },
  }
  const clock = new VirtualClock()
  const node = await TestNode.start({ users, logger, clock })
  const ann = await node.connect('ann')
  const answers = []
  for (let i = 0; i < 100; i++) answers.push(await ann.request('c2c', node.text(`nobody${i}`, 'x')))
  expect(ids).toHaveLength(1)
  const { id } = ids[0] as { id: string }
  // Every answer is the id of the row that was found.
  for (const answer of answers)
    expect(answer).toMatchObject({ ok: false, error: { code: 'INTERNAL', details: { id } } })
  await clock.advance(10_000)
  await ann.request('c2c', node.text('nobody', 'x'))
  expect(ids).toMatchObject([{ id }, { again: 99 }])
})
