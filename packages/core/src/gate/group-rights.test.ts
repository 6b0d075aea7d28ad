// Every role and every operation: the answer to each.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod/mini'
import { requestSchemas } from '@rookery/protocol/schemas'
import { type FakeDevice, TestNode, type Wire } from '@rookery/testing'

/** A former member was removed after all the messages of this test had been sent. */
const roles = ['owner', 'admin', 'member', 'outsider', 'former'] as const
type Actor = (typeof roles)[number]

const later = Date.now() + 1e9
const ok = 'ok'
const no = 'FORBIDDEN'
const gone = 'NOT_FOUND'

/** The answers for the owner, an admin and a member; everybody else gets `NOT_FOUND`. */
type Answers = readonly [owner: string, admin: string, member: string]

/**
 * `other-admin` and `other-member` are further members of the group. `{self}` is the user who asks; `{said by …}` is
 * the sequence of that user's message.
 */
const table: readonly [what: string, event: string, request: Wire, answers: Answers][] = [
  ['speaks', 'c2g', { type: 'text', content: {} }, [ok, ok, ok]],
  ['speaks of somebody, and to all', 'c2g', { type: 'text', content: {}, mentions: ['admin', '@all'] }, [ok, ok, ok]],
  ['answers', 'c2g', { type: 'text', content: {}, replyTo: '{said by owner}' }, [ok, ok, ok]],
  ['types', 'typing', {}, [ok, ok, ok]],
  ['reads its history', 'history', {}, [ok, ok, ok]],
  ['reads up to a message', 'read', { seq: '{said by owner}' }, [ok, ok, ok]],
  ['asks who has read', 'readers', { seq: '{said by owner}' }, [ok, ok, ok]],
  ['gets the conversation', 'conversation.get', {}, [ok, ok, ok]],
  ['pins the conversation', 'conversation.update', { pinned: true }, [ok, ok, ok]],
  ['recalls its own message', 'recall', { seq: '{said by self}' }, [ok, ok, ok]],
  ["recalls a member's message", 'recall', { seq: '{said by other-member}' }, [ok, ok, no]],
  ["recalls an admin's message", 'recall', { seq: '{said by other-admin}' }, [ok, ok, no]],
  ["recalls the owner's message", 'recall', { seq: '{said by owner}' }, [ok, ok, no]],
  ['recalls what tells of the group', 'recall', { seq: 1 }, [gone, gone, gone]],
  ['recalls what was never said', 'recall', { seq: 999 }, [gone, gone, gone]],
  ['edits its own message', 'edit', { seq: '{said by self}', content: {} }, [ok, ok, ok]],
  ["edits a member's message", 'edit', { seq: '{said by other-member}', content: {} }, [no, no, no]],
  ["reacts to somebody's message", 'react', { seq: '{said by other-admin}', reaction: 'x' }, [ok, ok, ok]],
  ['takes a reaction back', 'react', { seq: '{said by owner}', reaction: 'x', remove: true }, [ok, ok, ok]],
  ['gets the group', 'group.get', {}, [ok, ok, ok]],
  ['lists its members', 'group.members', {}, [ok, ok, ok]],
  ['renames it', 'group.update', { name: 'new' }, [ok, ok, no]],
  ['changes its announcement', 'group.update', { announcement: 'new' }, [ok, ok, no]],
  ['changes its avatar', 'group.update', { avatar: 'new' }, [ok, ok, no]],
  ["changes the host's object", 'group.update', { ext: { a: 1 } }, [ok, ok, no]],
  ['gives it the name that it has', 'group.update', { name: 'cars' }, [ok, ok, no]],
  ['adds somebody', 'group.add', { userIds: ['new'] }, [ok, ok, no]],
  ['adds a member', 'group.add', { userIds: ['other-member'] }, [ok, ok, no]],
  ['removes a member', 'group.remove', { userIds: ['other-member'] }, [ok, ok, no]],
  ['removes an admin', 'group.remove', { userIds: ['other-admin'] }, [ok, no, no]],
  ['removes a member and an admin', 'group.remove', { userIds: ['other-member', 'other-admin'] }, [ok, no, no]],
  ['removes the owner', 'group.remove', { userIds: ['owner'] }, [no, no, no]],
  ['removes itself', 'group.remove', { userIds: ['{self}'] }, [no, no, no]],
  ['removes somebody who is none', 'group.remove', { userIds: ['stranger'] }, [ok, ok, no]],
  ['leaves', 'group.leave', {}, [no, ok, ok]],
  ['makes a member admin', 'group.role', { userId: 'other-member', role: 'admin' }, [ok, no, no]],
  ['makes an admin a member', 'group.role', { userId: 'other-admin', role: 'member' }, [ok, no, no]],
  ['hands the group over', 'group.role', { userId: 'other-member', role: 'owner' }, [ok, no, no]],
  ['makes itself owner', 'group.role', { userId: '{self}', role: 'owner' }, [ok, no, no]],
  ['makes the owner a member', 'group.role', { userId: 'owner', role: 'member' }, [no, no, no]],
  ['gives a role to somebody who is none', 'group.role', { userId: 'stranger', role: 'admin' }, [gone, no, no]],
  ['mutes a member', 'group.mute', { userId: 'other-member', until: later }, [ok, ok, no]],
  ['ends the mute of a member', 'group.mute', { userId: 'other-member', until: 0 }, [ok, ok, no]],
  ['mutes an admin', 'group.mute', { userId: 'other-admin', until: later }, [ok, no, no]],
  ['mutes the owner', 'group.mute', { userId: 'owner', until: later }, [no, no, no]],
  ['mutes itself', 'group.mute', { userId: '{self}', until: later }, [no, no, no]],
  ['mutes somebody who is none', 'group.mute', { userId: 'stranger', until: later }, [gone, gone, no]],
  ['mutes everybody', 'group.mute', { until: later }, [ok, ok, no]],
  ['dissolves it', 'group.dissolve', {}, [ok, no, no]],
]

/** The same while everybody except the owner and the admins is muted. */
const whileMuted: typeof table = [
  ['speaks', 'c2g', { type: 'text', content: {} }, [ok, ok, no]],
  ['edits its own message', 'edit', { seq: '{said by self}', content: {} }, [ok, ok, no]],
  ['reacts', 'react', { seq: '{said by owner}', reaction: 'x' }, [ok, ok, no]],
  ['takes a reaction back', 'react', { seq: '{said by owner}', reaction: 'x', remove: true }, [ok, ok, ok]],
  ['recalls its own message', 'recall', { seq: '{said by self}' }, [ok, ok, ok]],
  ['reads its history', 'history', {}, [ok, ok, ok]],
  ['leaves', 'group.leave', {}, [no, ok, ok]],
]

it('the table has every request that names a group, or a conversation', () => {
  const names = (schema: z.ZodMiniType): boolean =>
    schema instanceof z.ZodMiniUnion
      ? schema.def.options.some((option) => names(option as z.ZodMiniType))
      : Object.keys((schema as z.ZodMiniObject).shape).some((key) => key === 'groupId' || key === 'conversationId')
  const naming = Object.entries(requestSchemas).flatMap(([event, schema]) => (names(schema) ? [event] : []))
  expect(new Set(table.map(([, event]) => event))).toEqual(new Set(['c2g', ...naming]))
})

describe.each([
  { membersMayAdd: false, readAbove: 500 },
  { membersMayAdd: true, readAbove: 500 },
  { membersMayAdd: false, readAbove: 2 },
])('with membersMayAdd $membersMayAdd, fanned out on read above $readAbove', ({ membersMayAdd, readAbove }) => {
  let node: TestNode
  const devices = new Map<string, FakeDevice>()
  const others = ['other-admin', 'other-member']

  beforeAll(async () => {
    const limits = { groupsOwned: 10_000 }
    node = await TestNode.start({ rate: 'off', limits, groups: { membersMayAdd }, fanout: { readAbove } })
    for (const userId of [...roles, ...others]) devices.set(userId, await node.connect(userId))
  })
  afterAll(() => node.stop())

  const makeGroup = async (): Promise<{ groupId: string; said: ReadonlyMap<string, number> }> => {
    const owner = devices.get('owner')!
    const speaking = ['owner', 'admin', 'member', 'former', ...others]
    const { groupId } = await owner.ask('group.create', { name: 'cars', members: speaking.slice(1) })
    for (const userId of ['admin', 'other-admin']) await owner.ask('group.role', { groupId, userId, role: 'admin' })
    const said = new Map<string, number>()
    for (const userId of speaking)
      said.set(userId, (await devices.get(userId)!.ask('c2g', node.text(groupId, userId))).seq)
    await owner.ask('group.remove', { groupId, userIds: ['former'] })
    return { groupId, said }
  }

  /** The request as it goes over the wire, about a group by this id. */
  const requestOf = (actor: Actor, event: string, id: string, said: ReadonlyMap<string, number>, given: Wire): Wire => {
    const { groupId, conversationId } = { groupId: id, conversationId: id }
    const place =
      event === 'c2g'
        ? { to: id, clientMsgId: node.unique('k') }
        : event.startsWith('group.')
          ? { groupId }
          : { conversationId }
    const text = JSON.stringify({ ...place, ...given })
      .replaceAll('{self}', actor)
      .replaceAll(/"\{said by ([\w-]+)\}"/g, (_, who: string) => String(said.get(who === 'self' ? actor : who) ?? 999))
    return JSON.parse(text)
  }

  const outcome = async (actor: Actor, event: string, request: Wire): Promise<string> => {
    const answer = await devices.get(actor)!.request(event, request)
    return answer.ok ? 'ok' : answer.error.code
  }

  const isOpened = (event: string, actor: Actor): boolean =>
    membersMayAdd && event === 'group.add' && actor === 'member'

  it.each(table)('who %s', async (_, event, given, answers) => {
    for (const [i, actor] of roles.entries()) {
      const { groupId, said } = await makeGroup()
      const expected = isOpened(event, actor) ? ok : (answers[i] ?? gone)
      const request = requestOf(actor, event, groupId, said, given)
      expect([actor, await outcome(actor, event, request)]).toEqual([actor, expected])
    }
  })

  it.each(whileMuted)('while everybody is muted: who %s', async (_, event, given, answers) => {
    for (const [i, actor] of roles.entries()) {
      const { groupId, said } = await makeGroup()
      await devices.get('owner')!.ask('group.mute', { groupId, until: later })
      const request = requestOf(actor, event, groupId, said, given)
      expect([actor, await outcome(actor, event, request)]).toEqual([actor, answers[i] ?? gone])
    }
  })

  it('a refused operation changes nothing', async () => {
    const { groupId, said } = await makeGroup()
    const owner = devices.get('owner')!
    const everything = async (): Promise<Wire> => [
      await owner.ask('group.get', { groupId }),
      await owner.ask('group.members', { groupId }),
      await owner.ask('history', { conversationId: groupId }),
    ]
    const before = await everything()
    for (const [, event, given, answers] of table)
      for (const [i, actor] of roles.entries())
        if ((answers[i] ?? gone) !== ok && !isOpened(event, actor))
          await outcome(actor, event, requestOf(actor, event, groupId, said, given))
    expect(await everything()).toEqual(before)
    expect(before[0].version).toBe(4)
  })

  it('who is no member, or not any more, cannot tell a group from none', async () => {
    const { groupId, said } = await makeGroup()
    for (const actor of ['outsider', 'former'] as const)
      for (const [, event, given] of table) {
        const ask = (id: string): Promise<Wire> =>
          devices.get(actor)!.request(event, requestOf(actor, event, id, said, given))
        expect([actor, event, await ask(groupId)]).toEqual([actor, event, await ask('g_none')])
      }
  })

  it('the owner learns how to leave', async () => {
    const { groupId } = await makeGroup()
    expect(await devices.get('owner')!.request('group.leave', { groupId })).toMatchObject({
      error: { code: 'FORBIDDEN', message: expect.stringContaining('hand the group over first') },
    })
    expect(await devices.get('owner')!.ask('group.role', { groupId, userId: 'admin', role: 'owner' })).toMatchObject({
      ownerId: 'admin',
      role: 'admin',
    })
    expect(await devices.get('owner')!.ask('group.leave', { groupId })).toEqual({})
  })
})
