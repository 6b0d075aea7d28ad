// An operation of every kind between `u1` and `u2`, for tests of what a dialect does with them.
import type { ControlChange, GroupChange, StorageOp } from '@rookery/core'
import { changeGroup, say } from './scene.js'

export interface Operations {
  /** Two messages, which must be stored before the others. */
  readonly first: readonly StorageOp[]
  /** Operations in a conversation of two, then those of a group, with changes of its messages. */
  readonly rest: readonly StorageOp[]
  /** The life of a push registration. */
  readonly push: readonly StorageOp[]
}

/** @param name tells them from those of another call: it is in every key and in the group's id. */
export function operationsOf(name: string): Operations {
  const conversationId = 'u1-u2'
  const message = (key: string) => ({ ...say(key, { from: 'u1', to: 'u2', conversationId }), members: ['u1', 'u2'] })
  const phone = { op: 'device', userId: 'u2', deviceId: name, deviceType: 'phone' } as const
  return {
    first: [message(`${name}.1`), message(`${name}.2`)],
    rest: [
      message(`${name}.3`),
      message(`${name}.1`),
      { op: 'read', userId: 'u2', conversationId, seq: 1, at: 1 },
      {
        op: 'settings',
        userId: 'u2',
        conversationId,
        pinned: name === 'empty',
        at: 1,
        key: { clientMsgId: name, digest: 'd' },
      },
      { op: 'custom', userId: 'u2', topic: 't', payload: '1', at: 1, key: name },
      { ...phone, delivered: { from: 0, to: 2 }, seenAt: 1 },
      { op: 'forget-device', userId: 'u2', deviceId: 'd' },
      { op: 'raise-login', userId: 'u2' },
      ...groupOps(name),
    ],
    push: pushOps(name, conversationId),
  }
}

function groupOps(name: string): StorageOp[] {
  const conversationId = `group-${name}`
  const inIt = { conversationId, kind: 'c2g', to: null, from: 'u1' } as const
  const change = (version: number | null, given: GroupChange): StorageOp => {
    const { message } = changeGroup(`${name} group ${version}`, version, given)
    return { op: 'group', version, members: ['u1', 'u2'], change: given, message: { ...message, ...inIt } }
  }
  const control = (key: string, given: ControlChange): StorageOp => ({
    op: 'control',
    change: given,
    members: ['u1', 'u2'],
    message: { ...say(`${name} ${key}`, { ...inIt, type: `im.${given.kind}`, countable: false }).message },
  })
  const join = (userId: string) => ({ userId, role: 'member', reads: 'from-now' }) as const
  const reaction = { kind: 'reaction', seq: 2, userId: 'u1', reaction: 'r', max: 5 } as const
  return [
    change(null, { name: 'g', join: [join('u1'), join('u2')] }),
    { ...say(`${name} said`, inIt), members: ['u1', 'u2'], version: 1 },
    { op: 'read', userId: 'u2', conversationId, seq: 1, at: 1 },
    control('react', { ...reaction, remove: false }),
    control('take back', { ...reaction, remove: true }),
    control('edit', { kind: 'edit', seq: 2, content: '{}' }),
    control('recall', { kind: 'recall', seq: 2 }),
    change(1, { fanOut: 'read', roles: [{ userId: 'u2', role: 'admin' }], mutes: [{ userId: 'u1', until: 1 }] }),
    change(2, { leave: ['u2'] }),
    change(3, { dissolve: true }),
  ]
}

function pushOps(name: string, pushedIn: string): StorageOp[] {
  const registration = { userId: 'u2', deviceId: name, provider: 'fcm', app: '' } as const
  return [
    { op: 'push-register', ...registration, token: name, tokenHash: name, lang: 'de', at: 1 },
    { op: 'push-claim', ...registration, by: 'boot', over: 'other' },
    { op: 'pushed', ...registration, by: 'boot', to: 1, pushedIn },
    {
      op: 'push-unregister',
      userId: 'u2',
      deviceId: name,
      which: { provider: 'fcm', app: '', tokenHash: name },
    },
  ]
}
