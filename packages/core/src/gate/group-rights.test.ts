// Every role, every operation: what each is answered.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FakeDevice, Wire } from '../testing/fake-device.js'
import { TestNode } from '../testing/node.js'

const roles = ['owner', 'admin', 'member', 'outsider'] as const
type Actor = (typeof roles)[number]

const later = Date.now() + 1e9
const ok = 'ok'
const no = 'FORBIDDEN'
const gone = 'NOT_FOUND'

/** In the order of `roles`. `{other}` is another member of the role named. */
const table: readonly [
  what: string,
  event: string,
  request: Wire,
  answers: readonly [string, string, string, string],
][] = [
  ['gets the group', 'group.get', {}, [ok, ok, ok, gone]],
  ['lists its members', 'group.members', {}, [ok, ok, ok, gone]],
  ['speaks', 'c2g', { type: 'text', content: {} }, [ok, ok, ok, gone]],
  ['types', 'typing', {}, [ok, ok, ok, gone]],
  ['reads its history', 'history', {}, [ok, ok, ok, gone]],
  ['renames it', 'group.update', { name: 'new' }, [ok, ok, no, gone]],
  ['changes its announcement', 'group.update', { announcement: 'new' }, [ok, ok, no, gone]],
  ['gives it the name that it has', 'group.update', { name: 'cars' }, [ok, ok, no, gone]],
  ['adds somebody', 'group.add', { userIds: ['new'] }, [ok, ok, no, gone]],
  ['adds a member', 'group.add', { userIds: ['other-member'] }, [ok, ok, no, gone]],
  ['removes a member', 'group.remove', { userIds: ['other-member'] }, [ok, ok, no, gone]],
  ['removes an admin', 'group.remove', { userIds: ['other-admin'] }, [ok, no, no, gone]],
  ['removes a member and an admin', 'group.remove', { userIds: ['other-member', 'other-admin'] }, [ok, no, no, gone]],
  ['removes the owner', 'group.remove', { userIds: ['owner'] }, [no, no, no, gone]],
  ['removes itself', 'group.remove', { userIds: ['{self}'] }, [no, no, no, gone]],
  ['removes somebody who is none', 'group.remove', { userIds: ['stranger'] }, [ok, ok, no, gone]],
  ['leaves', 'group.leave', {}, [no, ok, ok, gone]],
  ['makes a member admin', 'group.role', { userId: 'other-member', role: 'admin' }, [ok, no, no, gone]],
  ['makes an admin a member', 'group.role', { userId: 'other-admin', role: 'member' }, [ok, no, no, gone]],
  ['hands the group over', 'group.role', { userId: 'other-member', role: 'owner' }, [ok, no, no, gone]],
  ['makes the owner a member', 'group.role', { userId: 'owner', role: 'member' }, [no, no, no, gone]],
  ['gives a role to somebody who is none', 'group.role', { userId: 'stranger', role: 'admin' }, [gone, no, no, gone]],
  ['mutes a member', 'group.mute', { userId: 'other-member', until: later }, [ok, ok, no, gone]],
  ['mutes an admin', 'group.mute', { userId: 'other-admin', until: later }, [ok, no, no, gone]],
  ['mutes the owner', 'group.mute', { userId: 'owner', until: later }, [no, no, no, gone]],
  ['mutes itself', 'group.mute', { userId: '{self}', until: later }, [no, no, no, gone]],
  ['mutes somebody who is none', 'group.mute', { userId: 'stranger', until: later }, [gone, gone, no, gone]],
  ['mutes everybody', 'group.mute', { until: later }, [ok, ok, no, gone]],
  ['dissolves it', 'group.dissolve', {}, [ok, no, no, gone]],
]

describe.each([false, true])('with membersMayAdd %s', (membersMayAdd) => {
  let node: TestNode
  const devices = new Map<string, FakeDevice>()

  beforeAll(async () => {
    node = await TestNode.start({ rate: 'off', limits: { groupsOwned: 1000 }, groups: { membersMayAdd } })
    for (const userId of roles) devices.set(userId, await node.connect(userId))
  })
  afterAll(() => node.stop())

  const makeGroup = async (): Promise<string> => {
    const owner = devices.get('owner')!
    const members = ['admin', 'member', 'other-admin', 'other-member']
    const { groupId } = await owner.ask('group.create', { name: 'cars', members })
    for (const userId of ['admin', 'other-admin']) await owner.ask('group.role', { groupId, userId, role: 'admin' })
    return groupId
  }

  const attempt = async (actor: Actor, event: string, groupId: string, given: Wire): Promise<string> => {
    const place =
      event === 'c2g'
        ? { to: groupId, clientMsgId: node.unique('k') }
        : event === 'typing' || event === 'history'
          ? { conversationId: groupId }
          : { groupId }
    const request = JSON.parse(JSON.stringify({ ...place, ...given }).replaceAll('{self}', actor))
    const answer = await devices.get(actor)!.request(event, request)
    return answer.ok ? 'ok' : answer.error.code
  }

  it.each(table)('who %s', async (_, event, request, answers) => {
    for (const [i, actor] of roles.entries()) {
      const groupId = await makeGroup()
      const expected = membersMayAdd && event === 'group.add' && actor === 'member' ? ok : answers[i]
      expect([actor, await attempt(actor, event, groupId, request)]).toEqual([actor, expected])
    }
  })

  it('a refused operation changes nothing', async () => {
    const groupId = await makeGroup()
    const owner = devices.get('owner')!
    const before = await owner.ask('group.get', { groupId })
    for (const [, event, request, answers] of table)
      for (const [i, actor] of roles.entries())
        if (answers[i] !== ok && event !== 'group.add') await attempt(actor, event, groupId, request)
    expect(await owner.ask('group.get', { groupId })).toEqual(before)
    expect(before.version).toBe(3)
  })

  it('an outsider cannot tell a group from none', async () => {
    const groupId = await makeGroup()
    const outsider = devices.get('outsider')!
    for (const [, event, given] of table) {
      const ask = async (id: string): Promise<Wire> => {
        const place = event === 'c2g' ? { to: id, clientMsgId: node.unique('k') } : { groupId: id }
        const request = event === 'typing' || event === 'history' ? { conversationId: id } : { ...place, ...given }
        return outsider.request(event, request)
      }
      expect([event, await ask(groupId)]).toEqual([event, await ask('g_none')])
    }
  })

  it('the owner is told how to leave', async () => {
    const groupId = await makeGroup()
    expect(await devices.get('owner')!.request('group.leave', { groupId })).toMatchObject({
      error: { code: 'FORBIDDEN', message: expect.stringContaining('hands the group over first') },
    })
    expect(await devices.get('owner')!.ask('group.role', { groupId, userId: 'admin', role: 'owner' })).toMatchObject({
      ownerId: 'admin',
      role: 'admin',
    })
    expect(await devices.get('owner')!.ask('group.leave', { groupId })).toEqual({})
  })
})
