// Devices with their delivered ranges, and login epochs.
import { expect } from 'vitest'
import { only, upTo, type StorageScene } from './scene.js'
import type { StorageGroup } from './group.js'

export const devices: StorageGroup = {
  title: 'devices and logins',
  cases: [
    {
      name: 'a device is remembered from its first mention, with nothing delivered and no end of a session',
      async run(scene) {
        const alice = scene.user('alice')
        expect(only(await scene.commit(scene.device(alice, 'phone-1')))).toEqual({ status: 'ok', delivered: [] })
        expect(await scene.storage.devices.list([alice])).toEqual([
          { userId: alice, deviceId: 'phone-1', deviceType: 'phone', deliveredFrom: 0, deliveredTo: 0, seenAt: null },
        ])
      },
    },
    {
      name: 'an acknowledgement that reaches the stored end extends the range',
      async run(scene) {
        const alice = await withEntries(scene, 20)
        expect(await rangeAfter(scene, alice, 0, 5)).toEqual([0, 5])
        expect(await rangeAfter(scene, alice, 5, 9)).toEqual([0, 9])
        expect(await rangeAfter(scene, alice, 7, 12)).toEqual([0, 12])
        expect(await rangeAfter(scene, alice, 0, 13)).toEqual([0, 13])
      },
    },
    {
      name: 'an acknowledgement of entries that were acknowledged before changes nothing',
      async run(scene) {
        const alice = await withEntries(scene, 20)
        await rangeAfter(scene, alice, 0, 10)
        expect(await rangeAfter(scene, alice, 0, 4)).toEqual([0, 10])
        expect(await rangeAfter(scene, alice, 6, 8)).toEqual([0, 10])
        expect(await rangeAfter(scene, alice, 10, 10)).toEqual([0, 10])
      },
    },
    {
      name: 'a range that does not reach the stored end replaces it',
      async run(scene) {
        const alice = await withEntries(scene, 20)
        await rangeAfter(scene, alice, 0, 5)
        expect(await rangeAfter(scene, alice, 12, 12)).toEqual([12, 12])
        expect(await rangeAfter(scene, alice, 12, 15)).toEqual([12, 15])
        expect(await rangeAfter(scene, alice, 16, 18)).toEqual([16, 18])
      },
    },
    {
      name: 'the end of a range is clamped to the head',
      async run(scene) {
        const alice = await withEntries(scene, 6)
        expect(await rangeAfter(scene, alice, 2, 1_000)).toEqual([2, 6])
        await scene.commit(scene.custom(alice, 'more', '1'))
        expect(await rangeAfter(scene, alice, 6, 1_000)).toEqual([2, 7])
      },
    },
    {
      name: 'each device has its own range, and fields that are left out stay unchanged',
      async run(scene) {
        const alice = await withEntries(scene, 10)
        await scene.commit(
          scene.device(alice, 'phone-1', { delivered: { from: 0, to: 7 } }),
          scene.device(alice, 'pc-1', { deviceType: 'pc', delivered: { from: 4, to: 9 }, seenAt: 123 }),
          scene.device(alice, 'phone-1', { seenAt: 456 }),
          scene.device(alice, 'pc-1', { deviceType: 'web' }),
        )
        expect(await scene.deviceOf(alice, 'phone-1')).toMatchObject({ deliveredTo: 7, seenAt: 456 })
        expect(await scene.deviceOf(alice, 'pc-1')).toEqual({
          userId: alice,
          deviceId: 'pc-1',
          deviceType: 'web',
          deliveredFrom: 4,
          deliveredTo: 9,
          seenAt: 123,
        })
      },
    },
    {
      name: 'the devices of many users come in one answer, and only theirs',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        await scene.commit(
          scene.device(alice, 'one'),
          scene.device(alice, 'two'),
          scene.device(bob, 'one'),
          scene.device(carol, 'one'),
        )
        const listed = await scene.storage.devices.list([bob, scene.user('nobody'), alice])
        const names = listed.map((one) => [one.userId, one.deviceId].join(' ')).toSorted()
        expect(names).toEqual([`${alice} one`, `${alice} two`, `${bob} one`])
        expect(await scene.storage.devices.list([])).toEqual([])
      },
    },
    {
      name: 'a forgotten device is gone and another user’s of the same id stays',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const [, , , forgotten] = await scene.commit(
          scene.device(alice, 'one'),
          scene.device(alice, 'two'),
          scene.device(bob, 'one'),
          { op: 'forget-device', userId: alice, deviceId: 'one' },
          { op: 'forget-device', userId: alice, deviceId: 'never seen' },
        )
        expect(forgotten).toEqual({ status: 'ok' })
        expect((await scene.storage.devices.list([alice, bob])).map((one) => one.deviceId).toSorted()).toEqual([
          'one',
          'two',
        ])
      },
    },
    {
      name: 'an acknowledgement tells in which conversations the delivered position rose, and to what',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        // Bob's inbox: 1 alice, 2 alice, 3 carol, 4 a fact, 5 alice.
        await scene.commit(
          scene.say(alice, bob),
          scene.say(alice, bob),
          scene.say(carol, bob),
          scene.custom(bob, 'fact', '1'),
          scene.say(alice, bob),
        )
        const withAlice = { conversationId: scene.between(alice, bob), peerId: alice }
        const withCarol = { conversationId: scene.between(carol, bob), peerId: carol }
        expect(await deliveredBy(scene, bob, 'phone', 0, 1)).toEqual([{ ...withAlice, deliveredSeq: 1 }])
        expect(await deliveredBy(scene, bob, 'phone', 1, 4)).toEqual(
          inOrder([
            { ...withAlice, deliveredSeq: 2 },
            { ...withCarol, deliveredSeq: 1 },
          ]),
        )
        expect(await deliveredBy(scene, bob, 'phone', 0, 4)).toEqual([])
        expect(await deliveredBy(scene, bob, 'pad', 0, 3)).toEqual([])
        expect(await deliveredBy(scene, bob, 'pad', 3, 5)).toEqual([{ ...withAlice, deliveredSeq: 3 }])
        expect(await scene.view(alice, withAlice.conversationId)).toMatchObject({ peerDeliveredSeq: 3 })
        expect(await scene.view(carol, withCarol.conversationId)).toMatchObject({ peerDeliveredSeq: 1 })
        expect(await scene.view(bob, withAlice.conversationId)).toMatchObject({ peerDeliveredSeq: 0 })
      },
    },
    {
      name: 'what lies before the place where a session began was not delivered to it',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        await scene.store(scene.say(carol, bob), scene.say(alice, bob), scene.say(alice, bob))
        const delivered = await deliveredBy(scene, bob, 'phone', 1, 3)
        expect(delivered).toEqual([{ conversationId: scene.between(alice, bob), peerId: alice, deliveredSeq: 2 }])
        expect(await scene.view(carol, scene.between(carol, bob))).toMatchObject({ peerDeliveredSeq: 0 })
      },
    },
    {
      name: 'reading, sending, or forgetting the device does not change the delivered positions',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        await scene.store(scene.say(alice, bob), scene.say(alice, bob))
        await deliveredBy(scene, bob, 'phone', 0, 1)
        await scene.commit(scene.read(bob, conversationId, 2), scene.say(bob, alice), {
          op: 'forget-device',
          userId: bob,
          deviceId: 'phone',
        })
        expect(await scene.view(alice, conversationId)).toMatchObject({ peerDeliveredSeq: 1, peerReadSeq: 3 })
      },
    },
    {
      name: 'a login epoch rises with every raise, over all users, and never falls',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const start = await scene.storage.heads.loginEpoch()
        expect(await loginsOf(scene, alice, bob)).toEqual([0, 0])
        const [first, second] = await scene.commit(
          { op: 'raise-login', userId: alice },
          { op: 'raise-login', userId: bob },
        )
        expect([first.loginEpoch, second.loginEpoch]).toEqual([start + 1, start + 2])
        const [third] = await scene.commit({ op: 'raise-login', userId: alice })
        expect(third).toEqual({ status: 'ok', loginEpoch: start + 3 })
        expect(await loginsOf(scene, alice, bob)).toEqual([start + 3, start + 2])
        expect(await scene.storage.heads.loginEpoch()).toBe(start + 3)
      },
    },
    {
      name: 'logins that are raised at the same time each get their own epoch',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const start = await scene.storage.heads.loginEpoch()
        const results = await Promise.all(
          upTo(20).map((n) => scene.commit({ op: 'raise-login', userId: n % 2 ? alice : bob })),
        )
        const epochs = results.map(([result]) => result.loginEpoch - start).toSorted((a, b) => a - b)
        expect(epochs).toEqual(upTo(20))
        expect(Math.max(...(await loginsOf(scene, alice, bob)))).toBe(start + 20)
      },
    },
  ],
}

async function withEntries(scene: StorageScene, count: number): Promise<string> {
  const alice = scene.user('alice')
  await scene.commit(...upTo(count).map((n) => scene.custom(alice, 'entry', `${n}`)))
  return alice
}

async function rangeAfter(scene: StorageScene, userId: string, from: number, to: number): Promise<[number, number]> {
  await scene.commit(scene.device(userId, 'phone-1', { delivered: { from, to } }))
  const { deliveredFrom, deliveredTo } = await scene.deviceOf(userId, 'phone-1')
  return [deliveredFrom, deliveredTo]
}

async function deliveredBy(
  scene: StorageScene,
  userId: string,
  deviceId: string,
  from: number,
  to: number,
): Promise<object[]> {
  const { delivered } = only(await scene.commit(scene.device(userId, deviceId, { delivered: { from, to } })))
  return inOrder(delivered)
}

const inOrder = <T extends { readonly peerId: string }>(delivered: readonly T[]): T[] =>
  delivered.toSorted((a, b) => (a.peerId < b.peerId ? -1 : 1))

const loginsOf = async (scene: StorageScene, ...users: string[]): Promise<number[]> =>
  (await scene.storage.heads.users(users)).map((head) => head.loginEpoch)
