// An upgraded database takes push registrations of users that it has had before.
import type { Storage, UserId } from '@rookery/core'
import { expect } from 'vitest'

export async function takesPush(storage: Storage, users: readonly UserId[]): Promise<void> {
  const [userId] = users as [UserId]
  const [head] = await storage.heads.users([userId])
  const key = { userId, deviceId: 'new phone', provider: 'fcm', app: '' }
  const given = { token: 'token', lang: 'de' }
  await storage.commit([{ op: 'push-register', ...key, ...given, tokenHash: 'hash', at: 1 }])
  expect(await storage.push.list(users)).toEqual([
    { ...key, ...given, createdAt: 1, pushedTo: head!.seq, pushedIn: null, claim: null },
  ])
  expect(await storage.push.behind(null, 100)).toEqual({ userIds: [], next: null })
  await storage.commit([{ op: 'custom', userId, topic: 't', payload: '1', at: 1 }])
  expect(await storage.push.behind(null, 100)).toEqual({ userIds: [userId], next: null })
}
