// The settings of one user in a conversation, and facts in an inbox.
import { expect } from 'vitest'
import { only } from './scene.js'
import type { StorageGroup } from './group.js'

export const settings: StorageGroup = {
  title: 'settings and facts',
  cases: [
    {
      name: 'a change is answered and stored, and becomes an entry; fields that were left out stay',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        await scene.store(scene.say(alice, bob))
        const pinned = scene.settings(bob, conversationId, { pinned: true })
        const [first, second] = await scene.commit(pinned, scene.settings(bob, conversationId, { muted: true }))
        expect(first).toEqual({ status: 'ok', pinned: true, muted: false, hidden: false, inboxSeq: 2 })
        expect(second).toEqual({ status: 'ok', pinned: true, muted: true, hidden: false, inboxSeq: 3 })
        expect(await scene.lastFact(bob)).toEqual({
          seq: 3,
          kind: 'conversation',
          body: { conversationId, pinned: true, muted: true, hidden: false },
        })
        expect(await scene.storage.timelines.entryAt(bob, 2)).toBe(pinned.at)
        expect(await scene.view(bob, conversationId)).toMatchObject({ pinned: true, muted: true, hidden: false })
      },
    },
    {
      name: 'a change that changes nothing writes no entry',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        await scene.commit(scene.say(alice, bob), scene.settings(bob, conversationId, { pinned: true }))
        const results = await scene.commit(
          scene.settings(bob, conversationId, {}),
          scene.settings(bob, conversationId, { pinned: true, muted: false }),
          scene.settings(bob, conversationId, { hidden: false }),
        )
        const same = { status: 'ok', pinned: true, muted: false, hidden: false, inboxSeq: null }
        expect(results).toEqual([same, same, same])
        expect(await scene.head(bob)).toBe(2)
      },
    },
    {
      name: 'settings are one user’s own',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        await scene.commit(
          scene.say(alice, bob),
          scene.settings(bob, conversationId, { pinned: true, muted: true, hidden: true }),
        )
        expect(await scene.view(alice, conversationId)).toMatchObject({ pinned: false, muted: false, hidden: false })
        expect(await scene.head(alice)).toBe(1)
      },
    },
    {
      name: 'who is no member has nothing to set',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        await scene.store(scene.say(alice, bob))
        const results = await scene.commit(
          scene.settings(carol, scene.between(alice, bob), { pinned: true }),
          scene.settings(alice, scene.conversation('absent'), { pinned: true }),
        )
        expect(results).toEqual([{ status: 'not-member' }, { status: 'not-member' }])
      },
    },
    {
      name: 'before the first message of a conversation nobody has anything to set or to read in it, in one batch too',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        const key = { clientMsgId: 'pin', digest: 'd' }
        const results = await scene.commit(
          scene.settings(bob, conversationId, { pinned: true }),
          scene.read(alice, conversationId, 1),
          scene.settings(bob, conversationId, { muted: true, key }),
          scene.say(alice, bob),
          scene.read(bob, conversationId, 1),
          scene.settings(bob, conversationId, { muted: true, key }),
        )
        expect(results.map(({ status }) => status)).toEqual([
          'not-member',
          'not-member',
          'not-member',
          'stored',
          'ok',
          'ok',
        ])
        expect(await scene.view(bob, conversationId)).toMatchObject({ pinned: false, muted: true, readSeq: 1 })
        expect(await scene.head(bob)).toBe(3)
      },
    },
    {
      name: 'a conversation is hidden until the next countable message, for each who hid it',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        const hide = { hidden: true }
        await scene.commit(
          scene.say(alice, bob),
          scene.settings(alice, conversationId, hide),
          scene.settings(bob, conversationId, hide),
        )
        await scene.store(scene.say(alice, bob, { countable: false, silent: true }))
        expect((await scene.view(alice, conversationId)).hidden).toBe(true)
        expect((await scene.view(bob, conversationId)).hidden).toBe(true)
        const heads = [await scene.head(alice), await scene.head(bob)]
        await scene.store(scene.say(alice, bob))
        expect((await scene.view(alice, conversationId)).hidden).toBe(false)
        expect((await scene.view(bob, conversationId)).hidden).toBe(false)
        // The message itself tells it: there is no separate entry.
        expect([await scene.head(alice), await scene.head(bob)]).toEqual(heads.map((head) => head + 1))
      },
    },
    {
      name: 'what a message brought back can be hidden again, by an entry',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        const hide = { hidden: true }
        const [, , , shown, again] = await scene.commit(
          scene.say(alice, bob),
          scene.settings(bob, conversationId, hide),
          scene.say(alice, bob),
          scene.settings(bob, conversationId, { hidden: false }),
          scene.settings(bob, conversationId, hide),
        )
        expect(shown).toMatchObject({ status: 'ok', hidden: false, inboxSeq: null })
        expect(again).toMatchObject({ status: 'ok', hidden: true, inboxSeq: 4 })
      },
    },
    {
      name: 'a custom fact is in its inbox between the messages, with its payload unchanged',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const payload = '{"b": 1.0, "a": [null, "\\u0000 \\ud83d\\ude00"]}'
        const op = scene.custom(alice, 'order "changed" \\', payload)
        const [, fact, message] = await scene.commit(scene.say(bob, alice), op, scene.say(bob, alice))
        expect(fact).toEqual({ status: 'ok', inboxSeq: 2 })
        expect(message).toMatchObject({ inbox: [2, 3] })
        const entry = (await scene.inbox(alice))[1]!
        if (entry.kind === 'message') throw new Error('a message where the fact should be')
        expect(entry).toMatchObject({ seq: 2, at: op.at, kind: 'custom' })
        expect(JSON.parse(entry.body)).toEqual({ topic: op.topic, payload: JSON.parse(payload) as unknown })
        expect(entry.body).toContain(payload)
      },
    },
    {
      name: 'a custom fact with a key is written once, for any user, and no message can take its key',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const fact = { ...scene.custom(alice, 'order', '1'), key: scene.key('once') }
        const [first, second] = await scene.commit(fact, fact)
        const [third] = await scene.commit({ ...fact, userId: bob })
        expect([first, second, third].map((result) => result.inboxSeq)).toEqual([1, null, null])
        expect(await scene.storage.keys.find(null, fact.key)).not.toBeNull()
        expect(await scene.storage.keys.find(alice, fact.key)).toBeNull()
        expect(await scene.inbox(bob)).toEqual([])
        const said = scene.say(alice, bob, { from: null, movesPosition: false, clientMsgId: fact.key })
        expect(only(await scene.commit(said))).toMatchObject({ status: 'duplicate' })
      },
    },
    {
      name: 'a payload may be any JSON value, and its reader somebody who was never seen',
      async run(scene) {
        const payloads = ['null', 'true', '0', '-1.5', '""', '"text"', '[]', '{}', '[1,[2]]']
        const alice = scene.user('alice')
        for (const payload of payloads) await scene.commit(scene.custom(alice, 'any', payload))
        const bodies = (await scene.inbox(alice)).map((entry) => (entry.kind === 'message' ? '' : entry.body))
        expect(bodies.map((body) => (JSON.parse(body) as { payload: unknown }).payload)).toEqual(
          payloads.map((payload) => JSON.parse(payload) as unknown),
        )
        expect(only(await scene.storage.heads.users([alice])).seq).toBe(payloads.length)
      },
    },
  ],
}
