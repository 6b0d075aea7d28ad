// Push registrations: where devices can be told, and what they were told.
import { expect } from 'vitest'
import type { PushClaimOp, PushedOp, PushKey, PushRegisterOp, PushRegistration } from '@rookery/core'
import { only, upTo, type StorageScene } from './scene.js'
import type { StorageGroup } from './group.js'

export const push: StorageGroup = {
  title: 'push registrations',
  cases: [
    {
      name: 'a registration is read as it was stored, told of everything up to the head',
      async run(scene) {
        const alice = await withEntries(scene, 3)
        const given = register(scene, alice, 'phone', {
          app: 'shop',
          token: scene.key('tökén "1"'),
          lang: 'zh-Hant',
          at: 77,
        })
        expect(await scene.commit(given, register(scene, scene.user('bob'), 'phone'))).toEqual([ok, ok])
        expect(await scene.storage.push.list([alice])).toEqual([
          {
            userId: alice,
            deviceId: 'phone',
            provider: 'fcm',
            app: 'shop',
            token: scene.key('tökén "1"'),
            lang: 'zh-Hant',
            createdAt: 77,
            pushedTo: 3,
            pushedIn: null,
            claim: null,
          },
        ])
      },
    },
    {
      name: 'a registration that is renewed has its new token, language and time, and keeps its place',
      async run(scene) {
        const alice = await withEntries(scene, 2)
        await scene.commit(register(scene, alice, 'phone', { lang: 'de', at: 1 }))
        await scene.commit(scene.custom(alice, 'more', '1'), scene.custom(alice, 'more', '2'))
        await scene.commit(pushed(alice, 'phone', { to: 3, pushedIn: 'c' }))
        await scene.commit(claim(alice, 'phone', 'boot'))
        await scene.commit(register(scene, alice, 'phone', { token: scene.key('other'), lang: null, at: 2 }))
        expect(await named(scene, alice, 'phone')).toMatchObject({
          token: scene.key('other'),
          lang: null,
          createdAt: 2,
          pushedTo: 3,
          pushedIn: 'c',
          claim: 'boot',
        })
      },
    },
    {
      name: 'a device has a registration for each provider and app, and each is told for itself',
      async run(scene) {
        const alice = await withEntries(scene, 1)
        await scene.commit(
          register(scene, alice, 'phone', { token: scene.key('a') }),
          register(scene, alice, 'phone', { token: scene.key('a'), app: 'shop' }),
          register(scene, alice, 'phone', { token: scene.key('a'), provider: 'apns' }),
          register(scene, alice, 'pad', { token: scene.key('b') }),
          scene.custom(alice, 'more', '1'),
        )
        await scene.commit(pushed(alice, 'phone', { to: 2 }))
        expect(await placesOf(scene, alice)).toEqual([
          'pad fcm  1',
          'phone apns  1',
          'phone fcm  2',
          'phone fcm shop 1',
        ])
      },
    },
    {
      name: 'a token belongs to the device that registered it last, another user’s too',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const token = scene.key('token')
        await scene.commit(register(scene, alice, 'one', { token }), register(scene, alice, 'two', { token }))
        expect(await placesOf(scene, alice)).toEqual(['two fcm  0'])
        await scene.commit(register(scene, bob, 'two', { token }))
        expect([await placesOf(scene, alice), await placesOf(scene, bob)]).toEqual([[], ['two fcm  0']])
        await scene.commit(register(scene, alice, 'two', { token, app: 'shop' }))
        expect([await placesOf(scene, alice), await placesOf(scene, bob)]).toEqual([['two fcm shop 0'], ['two fcm  0']])
      },
    },
    {
      name: 'of many devices that register one token at once exactly one has it',
      async run(scene) {
        const users = upTo(12).map((n) => scene.user(`user-${n}`))
        const token = scene.key('token')
        await Promise.all(users.map((userId) => scene.commit(register(scene, userId, 'phone', { token }))))
        expect(await scene.storage.push.list(users)).toHaveLength(1)
      },
    },
    {
      name: 'a registration that is removed is gone, and others stay',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        await scene.commit(
          register(scene, alice, 'phone'),
          register(scene, alice, 'phone', { app: 'shop' }),
          register(scene, alice, 'pad'),
          register(scene, bob, 'phone'),
          unregister(alice, 'phone', { provider: 'fcm', app: '', tokenHash: null }),
          unregister(alice, 'phone', { provider: 'apns', app: 'shop', tokenHash: null }),
          unregister(scene.user('nobody'), 'phone', null),
        )
        expect(await placesOf(scene, alice)).toEqual(['pad fcm  0', 'phone fcm shop 0'])
        await scene.commit(unregister(alice, 'phone', null))
        expect(await placesOf(scene, alice)).toEqual(['pad fcm  0'])
        expect(await placesOf(scene, bob)).toEqual(['phone fcm  0'])
      },
    },
    {
      name: 'a token that is gone takes no registration with it that has another token by now',
      async run(scene) {
        const alice = scene.user('alice')
        const old = register(scene, alice, 'phone', { token: scene.key('old') })
        const dead = unregister(alice, 'phone', { provider: 'fcm', app: '', tokenHash: old.tokenHash })
        await scene.commit(old, register(scene, alice, 'phone', { token: scene.key('new') }), dead)
        expect(await placesOf(scene, alice)).toEqual(['phone fcm  0'])
        await scene.commit(old, dead)
        expect(await placesOf(scene, alice)).toEqual([])
      },
    },
    {
      name: 'a forgotten device has no registrations any more',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        await scene.commit(
          scene.device(alice, 'phone'),
          ...[alice, bob].flatMap((userId) => [register(scene, userId, 'phone'), register(scene, userId, 'pad')]),
          { op: 'forget-device', userId: alice, deviceId: 'phone' },
        )
        expect(await placesOf(scene, alice)).toEqual(['pad fcm  0'])
        expect(await placesOf(scene, bob)).toHaveLength(2)
      },
    },
    {
      name: 'an erased user has no registrations any more',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        await scene.commit(register(scene, alice, 'phone'), register(scene, bob, 'phone'))
        for (let after: string | null = null; ;) {
          const { next } = await scene.storage.maintenance.erase(alice, { after, rows: 10 })
          if (next === null) break
          after = next
        }
        expect([await placesOf(scene, alice), await placesOf(scene, bob)]).toEqual([[], ['phone fcm  0']])
      },
    },
    {
      name: 'what a device was told of never goes back',
      async run(scene) {
        const alice = scene.user('alice')
        await scene.commit(register(scene, alice, 'phone'), ...upTo(5).map((n) => scene.custom(alice, 'more', `${n}`)))
        await scene.commit(pushed(alice, 'phone', { to: 4, pushedIn: 'one' }), pushed(alice, 'phone', { to: 2 }))
        expect(await named(scene, alice, 'phone')).toMatchObject({ pushedTo: 4, pushedIn: 'one' })
        await scene.commit(pushed(alice, 'phone', { pushedIn: null }), pushed(alice, 'gone', { to: 5 }))
        expect(await named(scene, alice, 'phone')).toMatchObject({ pushedTo: 4, pushedIn: null })
      },
    },
    {
      name: 'a registration is claimed by one node, until that node gives it back or its claim counts no more',
      async run(scene) {
        const alice = scene.user('alice')
        await scene.commit(register(scene, alice, 'phone'))
        const take = async (by: string, over: string | null = null) =>
          only(await scene.commit(claim(alice, 'phone', by, over))).isClaimed
        expect([await take('one'), await take('two'), await take('one'), await take('two', 'three')]).toEqual([
          true,
          false,
          true,
          false,
        ])
        await scene.commit(pushed(alice, 'phone', { by: 'two' }))
        expect(await take('two')).toBe(false)
        expect(await take('two', 'one')).toBe(true)
        await scene.commit(pushed(alice, 'phone', { by: 'two' }))
        expect(await named(scene, alice, 'phone')).toMatchObject({ claim: null })
        expect(await take('one')).toBe(true)
        expect(only(await scene.commit(claim(alice, 'gone', 'one'))).isClaimed).toBe(false)
        expect(only(await scene.commit(claim(scene.user('nobody'), 'phone', 'one'))).isClaimed).toBe(false)
      },
    },
    {
      name: 'of nodes that claim one registration at once exactly one has it',
      async run(scene) {
        const alice = scene.user('alice')
        await scene.commit(register(scene, alice, 'phone'))
        const took = await Promise.all(upTo(12).map((n) => scene.commit(claim(alice, 'phone', `boot-${n}`))))
        expect(took.filter(([result]) => result.isClaimed)).toHaveLength(1)
      },
    },
    {
      name: 'behind are users with entries that a registration was not told of and no device acknowledged',
      async run(scene) {
        const names = ['told', 'behind', 'acked', 'short', 'fresh', 'half', 'none', 'quiet'] as const
        const [told, behind, acked, short, fresh, half, none, quiet] = scene.users(...names)
        await scene.commit(
          ...[told, behind, acked, short, fresh, half, quiet].map((userId) => register(scene, userId, 'phone')),
          register(scene, half, 'pad', { token: scene.key('pad') }),
          ...[told, behind, acked, short, fresh, half, none].flatMap((userId) =>
            upTo(3).map((n) => scene.custom(userId, 'entry', `${n}`)),
          ),
          pushed(told, 'phone', { to: 3 }),
          pushed(half, 'pad', { to: 3 }),
          scene.device(acked, 'pad', { delivered: { from: 0, to: 3 } }),
          scene.device(short, 'pad', { delivered: { from: 0, to: 2 } }),
          scene.device(fresh, 'pad', { delivered: { from: 2, to: 3 } }),
        )
        const found = await allBehind(scene, 2)
        const mine = found.filter((userId) => userId.endsWith(scene.user('')))
        expect(mine.toSorted()).toEqual([behind, short, fresh, half].toSorted())
        expect(await allBehind(scene, 1000)).toEqual(expect.arrayContaining(mine))
      },
    },
  ],
}

const ok = { status: 'ok' } as const

/** The cases' tokens differ in less than this. */
const hashOf = (token: string): string => Buffer.from(token).toString('base64url').slice(0, 64)

/** Unless it is named, the token is the device's own. */
function register(
  scene: StorageScene,
  userId: string,
  deviceId: string,
  given: Partial<Omit<PushRegisterOp, 'tokenHash'>> = {},
): PushRegisterOp {
  const { token = `${deviceId} ${userId}` } = given
  const rest = { provider: 'fcm', app: '', lang: null, at: scene.now() }
  return { op: 'push-register', userId, deviceId, ...rest, ...given, token, tokenHash: hashOf(token) }
}

const unregister = (
  userId: string,
  deviceId: string,
  which: { readonly provider: string; readonly app: string; readonly tokenHash: string | null } | null,
) => ({ op: 'push-unregister', userId, deviceId, which }) as const

const keyOf = (userId: string, deviceId: string): PushKey => ({ userId, deviceId, provider: 'fcm', app: '' })

const claim = (userId: string, deviceId: string, by: string, over: string | null = null): PushClaimOp => ({
  op: 'push-claim',
  ...keyOf(userId, deviceId),
  by,
  over,
})

const pushed = (
  userId: string,
  deviceId: string,
  told: Partial<Pick<PushedOp, 'by' | 'to' | 'pushedIn'>>,
): PushedOp => ({ op: 'pushed', ...keyOf(userId, deviceId), by: 'nobody', ...told })

async function withEntries(scene: StorageScene, count: number): Promise<string> {
  const alice = scene.user('alice')
  await scene.commit(...upTo(count).map((n) => scene.custom(alice, 'entry', `${n}`)))
  return alice
}

async function named(scene: StorageScene, userId: string, deviceId: string): Promise<PushRegistration | undefined> {
  return (await scene.storage.push.list([userId])).find((one) => one.deviceId === deviceId)
}

/** Each registration of a user with the place up to which it was told, in order. */
async function placesOf(scene: StorageScene, userId: string): Promise<string[]> {
  const found = await scene.storage.push.list([userId])
  return found.map(({ deviceId, provider, app, pushedTo }) => [deviceId, provider, app, pushedTo].join(' ')).toSorted()
}

async function allBehind(scene: StorageScene, limit: number): Promise<string[]> {
  const found: string[] = []
  for (let after: string | null = null; ;) {
    const page: Awaited<ReturnType<typeof scene.storage.push.behind>> = await scene.storage.push.behind(after, limit)
    found.push(...page.userIds)
    if (page.next === null) return found
    after = page.next
  }
}
