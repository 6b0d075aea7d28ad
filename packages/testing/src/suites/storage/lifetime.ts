// Starting, stopping, and what outlives an instance.
import { expect } from 'vitest'
import { only, upTo } from './scene.js'
import type { StorageGroup } from './group.js'

export const lifetime: StorageGroup = {
  title: 'lifetime',
  cases: [
    {
      name: 'starting answers the epoch and the settings that are weaker than the promises need',
      async run({ info }) {
        expect(info.epoch).toMatch(/^[\x21-\x7e]{1,64}$/)
        for (const warning of info.warnings) expect(warning).toMatch(/^.+$/)
      },
    },
    {
      name: 'a commit of nothing succeeds where writes do, changes nothing, and rejects after stop',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const { storage } = scene
        await scene.store(scene.say(alice, bob))
        expect(await storage.commit([])).toEqual([])
        expect(await scene.storeOne(scene.say(alice, bob))).toMatchObject({ seq: 2, inbox: [2, 2] })
        await scene.stop()
        await expect(storage.commit([])).rejects.toMatchObject({ name: 'StorageError', outcome: 'none' })
      },
    },
    {
      name: 'after stop a commit rejects as not stored',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const op = scene.say(alice, bob)
        await scene.stop()
        await expect(scene.storage.commit([op])).rejects.toMatchObject({ name: 'StorageError', outcome: 'none' })
      },
    },
    {
      name: 'stop waits for the commits that are under way',
      needs: 'reopen',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        await scene.store(scene.say(alice, bob))
        const answers = Promise.allSettled(upTo(10).map(() => scene.store(scene.say(alice, bob))))
        await scene.reopen()
        const stored = (await answers).filter((answer) => answer.status === 'fulfilled').length
        expect(await scene.timeline(scene.between(alice, bob))).toHaveLength(1 + stored)
      },
    },
    {
      name: 'another instance has the same epoch',
      needs: 'another',
      async run(scene) {
        const { epoch } = scene.info
        const second = await scene.another()
        const alice = scene.user('alice')
        await scene.commitOn(second, [scene.custom(alice, 'here', '1')])
        expect(await scene.head(alice)).toBe(1)
        expect(scene.info.epoch).toBe(epoch)
      },
    },
    {
      name: 'a new epoch counts from the next start on, and changes nothing else',
      needs: 'reopen',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        await scene.store(scene.say(alice, bob), scene.say(bob, alice))
        const [before, inbox] = [scene.info.epoch, await scene.inbox(bob)]
        await scene.storage.maintenance.renewEpoch('the-one-after')
        await scene.reopen()
        expect(scene.info.epoch).toBe('the-one-after')
        expect(scene.info.epoch).not.toBe(before)
        expect(await scene.inbox(bob)).toEqual(inbox)
        expect(await scene.storeOne(scene.say(alice, bob))).toMatchObject({ seq: 3, ordinal: 3, inbox: [3, 3] })
      },
    },
    {
      name: 'opening again keeps everything, and the epoch',
      needs: 'reopen',
      alone: true,
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const conversationId = scene.between(alice, bob)
        const said = scene.say(alice, bob)
        await scene.commit(said, scene.say(bob, alice), scene.say(carol, bob), scene.custom(bob, 'fact', '{"a":1}'))
        await scene.commit(
          scene.say(alice, bob),
          scene.read(bob, conversationId, 2),
          scene.settings(bob, conversationId, { pinned: true, key: { clientMsgId: 'set', digest: 'd' } }),
          scene.device(bob, 'phone', { delivered: { from: 0, to: 3 }, seenAt: 99 }),
          { op: 'raise-login', userId: bob },
        )
        const state = async (): Promise<unknown> => ({
          epoch: scene.info.epoch,
          loginEpoch: await scene.storage.heads.loginEpoch(),
          heads: await scene.storage.heads.users([alice, bob, carol]),
          inboxes: await Promise.all([alice, bob, carol].map((userId) => scene.inbox(userId))),
          timeline: await scene.timeline(conversationId),
          lists: await Promise.all(
            [alice, bob, carol].map((userId) => scene.storage.conversations.list(userId, null, 10)),
          ),
          devices: await scene.storage.devices.list([bob]),
          keys: await Promise.all(
            [said.message.clientMsgId, 'set'].map((key) => scene.storage.keys.find(key === 'set' ? bob : alice, key)),
          ),
          access: await scene.storage.members.access(conversationId, bob),
        })
        const before = await state()
        await scene.reopen()
        expect(await state()).toEqual(before)
        expect(only(await scene.commit(said))).toMatchObject({ status: 'duplicate', seq: 1 })
        expect(await scene.storeOne(scene.say(alice, bob))).toMatchObject({ seq: 4, ordinal: 4 })
      },
    },
  ],
}
