// Recomputing every counter: the result agrees with what the storage wrote itself, after every kind of write.
import { expect } from 'vitest'
import { SeededRandom } from '../../../seeded-random.js'
import { upTo } from '../scene.js'
import type { StorageGroup } from '../group.js'
import { trim } from './trimmed.js'
import { verify } from './verified.js'

export const verifying: StorageGroup = {
  title: 'verifying',
  cases: [
    {
      name: 'nothing is found in what the storage wrote, over many sends, reads, acknowledgements and trims',
      alone: true,
      async run(scene) {
        const users = scene.users('alice', 'bob', 'carol')
        const random = new SeededRandom(20_260_303)
        const pick = (): string => users[random.int(users.length)]!
        for (let round = 0; round < 40; round += 1) {
          const [me, other] = [pick(), pick()]
          await scene.commit(
            ...upTo(random.int(4) + 1).map(() =>
              scene.say(me, other, {
                countable: random.chance(0.8),
                movesPosition: random.chance(0.6),
                ...(random.chance(0.1) ? { from: null } : {}),
              }),
            ),
          )
          await scene.commit(
            scene.read(other, scene.between(me, other), random.int(30)),
            scene.settings(me, scene.between(me, other), { pinned: random.chance(0.5) }),
            scene.custom(other, 'fact', '1'),
            scene.device(other, 'phone', { delivered: { from: 0, to: random.int(60) } }),
          )
          if (random.chance(0.3)) {
            const at = scene.now() - random.int(80)
            await trim(scene.storage, { inboxBefore: at, timelineCount: random.int(15) + 1, keysBefore: at }, 9)
          }
          if (round % 8 === 7) expect(await verify(scene.storage, false, random.int(20) + 1)).toEqual([])
        }
        expect(await verify(scene.storage)).toEqual([])
      },
    },
    {
      name: 'where nothing is wrong a repair changes nothing',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        await scene.store(...upTo(9).map((n) => scene.say(alice, bob, { movesPosition: n > 3 })))
        await scene.commit(
          scene.read(bob, conversationId, 4),
          scene.device(bob, 'phone', { delivered: { from: 0, to: 3 } }),
        )
        await trim(scene.storage, { timelineCount: 7 })
        const state = async (): Promise<unknown> => [
          await scene.view(alice, conversationId),
          await scene.view(bob, conversationId),
          await scene.inbox(bob),
          await scene.timeline(conversationId),
          await scene.storage.devices.list([bob]),
        ]
        const before = await state()
        expect(await verify(scene.storage, true, 2)).toEqual([])
        expect(await state()).toEqual(before)
      },
    },
    {
      name: 'nothing is found beside sends and trims that go on',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        await scene.store(...upTo(50).map(() => scene.say(alice, bob)))
        let isOver = false
        const sending = (async () => {
          for (let n = 0; n < 150; n += 1) await scene.commit(scene.say(n % 2 ? alice : bob, n % 2 ? bob : alice))
          isOver = true
        })()
        const trimming = (async () => {
          while (!isOver) await trim(scene.storage, { timelineCount: 20, inboxBefore: scene.now() - 60 }, 5)
        })()
        const findings = []
        do findings.push(...(await verify(scene.storage, true, 7)))
        while (!isOver)
        await Promise.all([sending, trimming])
        expect(findings).toEqual([])
        expect(await verify(scene.storage)).toEqual([])
      },
    },
  ],
}
