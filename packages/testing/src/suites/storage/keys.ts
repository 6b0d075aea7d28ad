// Keys: (from, clientMsgId), byte for byte, stored at most once, whatever runs at the same time.
import { expect } from 'vitest'
import type { AppendOp } from '@rookery/core'
import { only, upTo, type StorageScene } from './scene.js'
import type { StorageGroup } from './group.js'

/** All different as bytes; each pair equal under some collation, normalisation or trimming. */
const twins = [
  'key',
  'Key',
  'KEY',
  'k\u00e9y',
  'ke\u0301y',
  'key ',
  ' key',
  'key\t',
  'key\u200b',
  '\uff4bey',
  'stra\u00dfe',
  'strasse',
  'i',
  '\u0131',
  '\u0130',
  'k%y',
  'k_y',
  "k'y",
  'k\\y',
  '7',
  '07',
  '7.0',
]

export const keys: StorageGroup = {
  title: 'keys',
  cases: [
    {
      name: 'a repeat in a later commit answers the first result and writes nothing',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        await scene.store(scene.say(bob, alice))
        const first = scene.say(alice, bob)
        await scene.store(first)
        const results = await writesNothing(scene, [alice, bob], () => scene.commit(repeatOf(scene, first)))
        expect(only(results)).toEqual({ status: 'duplicate', ...storedKey(first, 2) })
      },
    },
    {
      name: 'a repeat in the same batch answers the first result and writes nothing',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const first = scene.say(alice, bob)
        const other = scene.say(alice, bob)
        const results = await scene.commit(first, repeatOf(scene, first), other, repeatOf(scene, other))
        expect(results).toMatchObject([
          { status: 'stored', seq: 1 },
          { status: 'duplicate', ...storedKey(first, 1) },
          { status: 'stored', seq: 2 },
          { status: 'duplicate', ...storedKey(other, 2) },
        ])
        expect(await scene.timeline(scene.between(alice, bob))).toHaveLength(2)
        expect(await scene.head(bob)).toBe(2)
      },
    },
    {
      name: 'a repeat does not move the read position, unhide the conversation or raise a count',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        const first = scene.say(alice, bob)
        await scene.commit(first, scene.say(bob, alice), scene.settings(alice, conversationId, { hidden: true }))
        await writesNothing(scene, [alice, bob], () => scene.commit(repeatOf(scene, first)))
        expect(await scene.view(alice, conversationId)).toMatchObject({ readSeq: 1, unread: 1, hidden: true, seq: 2 })
      },
    },
    {
      name: 'the answer has the stored digest, so that a conflict differs from a repeat',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const first = scene.say(alice, bob)
        await scene.store(first)
        const conflict = repeatOf(scene, first, { digest: 'another', content: '{"text":"another"}' })
        expect(only(await scene.commit(conflict))).toMatchObject({ status: 'duplicate', digest: first.message.digest })
        expect(only(await scene.timeline(scene.between(alice, bob))).content).toBe(first.message.content)
      },
    },
    {
      name: 'a key is one over all conversations of its sender',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const first = scene.say(alice, bob)
        await scene.store(first)
        const { clientMsgId } = first.message
        const elsewhere = scene.say(alice, carol, { clientMsgId })
        expect(only(await scene.commit(elsewhere))).toEqual({ status: 'duplicate', ...storedKey(first, 1) })
        expect(await scene.storage.members.access(scene.between(alice, carol), carol)).toBeNull()
        expect(await scene.head(carol)).toBe(0)
      },
    },
    {
      name: "the same clientMsgId of another sender, and of the system, is another's key",
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const same = { clientMsgId: scene.key('same') }
        const system = { ...same, from: null, movesPosition: false }
        await scene.store(scene.say(alice, bob, same), scene.say(bob, alice, same), scene.say(alice, bob, system))
        expect(only(await scene.commit(scene.say(bob, alice, system)))).toMatchObject({ status: 'duplicate', seq: 3 })
      },
    },
    {
      name: 'of 50 commits at once with one key exactly one stores, and all answer one result',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        await scene.store(scene.say(alice, bob))
        const first = scene.say(alice, bob, { clientMsgId: 'contended' })
        const results = await Promise.all(upTo(50).map(() => scene.commit(repeatOf(scene, first))))
        const answers = results.map(([result]) => result)
        expect(answers.filter((result) => result.status === 'stored')).toMatchObject([{ seq: 2 }])
        expect(new Set(answers.map((result) => 'seq' in result && result.seq))).toEqual(new Set([2]))
        const known = await scene.storage.keys.find(alice, 'contended')
        const repeats = answers.filter((result) => result.status === 'duplicate')
        expect(repeats).toHaveLength(49)
        for (const repeat of repeats) expect(repeat).toEqual({ status: 'duplicate', ...known })
        expect(await scene.timeline(scene.between(alice, bob))).toHaveLength(2)
        expect(await scene.head(bob)).toBe(2)
      },
    },
    {
      name: 'a repeat among new messages in commits at once loses none of them and leaves no gap',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const contended = scene.say(alice, bob, { clientMsgId: 'contended' })
        const results = await Promise.all(
          upTo(20).map((n) =>
            scene.commit(
              scene.say(alice, n % 2 ? bob : carol),
              repeatOf(scene, contended),
              scene.say(n % 2 ? carol : bob, alice),
            ),
          ),
        )
        expect(results.filter(([, repeat]) => repeat.status === 'stored')).toHaveLength(1)
        for (const [one, , two] of results) expect([one.status, two.status]).toEqual(['stored', 'stored'])
        for (const [other, total] of [
          [bob, 21],
          [carol, 20],
        ] as const) {
          const messages = await scene.timeline(scene.between(alice, other))
          expect(messages.map((message) => message.seq)).toEqual(upTo(total))
          expect(await scene.head(other)).toBe(total)
        }
        expect((await scene.inbox(alice)).map((entry) => entry.seq)).toEqual(upTo(41))
      },
    },
    {
      name: 'keys that differ in case, accent, space or normalisation are different keys',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const half = twins.length / 2
        const said = twins.map((clientMsgId) => scene.say(alice, bob, { clientMsgId }))
        await scene.store(...said.slice(0, half))
        await scene.store(...said.slice(half))
        for (const [index, clientMsgId] of twins.entries()) {
          const found = await scene.storage.keys.find(alice, clientMsgId)
          expect(found, JSON.stringify(clientMsgId)).toEqual(storedKey(said[index]!, index + 1))
        }
        expect((await scene.timeline(scene.between(alice, bob))).map((message) => message.clientMsgId)).toEqual(twins)
      },
    },
    {
      name: 'senders that differ in case only are different senders',
      async run(scene) {
        const [alice, upper, bob] = scene.users('alice', 'Alice', 'bob')
        await scene.store(
          scene.say(alice, bob, { clientMsgId: 'one' }),
          scene.say(upper, bob, { clientMsgId: 'one' }),
          scene.say(upper, bob, { clientMsgId: 'two' }),
        )
        expect(await scene.head(alice)).toBe(1)
        expect(await scene.head(upper)).toBe(2)
        expect(await scene.storage.keys.find(alice, 'two')).toBeNull()
      },
    },
    {
      name: 'ids that contain one another make no common key',
      async run(scene) {
        const bob = scene.user('bob')
        const mark = scene.user('x')
        const said = [' ', ':', '.', '|', '/', '-', '"', '\u0001', ''].flatMap((between) => {
          // A key may contain a space or a control character here; a user's id never does.
          const inUser = between <= ' ' ? '_' : between
          return [
            scene.say(mark, bob, { clientMsgId: `x${inUser}y${between}z` }),
            scene.say(`${mark}${inUser}x`, bob, { clientMsgId: `y${between}z` }),
            scene.say(`${mark}x${inUser}`, bob, { clientMsgId: `y${between}z` }),
          ].map((op) => ({ ...op, message: { ...op.message, conversationId: scene.conversation('contain') } }))
        })
        const distinct = new Map(said.map((op) => [JSON.stringify([op.message.from, op.message.clientMsgId]), op]))
        await scene.store(...distinct.values())
        expect(await scene.timeline(scene.conversation('contain'))).toHaveLength(distinct.size)
      },
    },
    {
      name: 'a stored key can be found, and only among its sender’s keys',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const op = scene.say(alice, bob)
        const { clientMsgId } = op.message
        expect(await scene.storage.keys.find(alice, clientMsgId)).toBeNull()
        await scene.store(scene.say(bob, alice), op)
        expect(await scene.storage.keys.find(alice, clientMsgId)).toEqual(storedKey(op, 2))
        expect(await scene.storage.keys.find(bob, clientMsgId)).toBeNull()
        expect(await scene.storage.keys.find(scene.user('nobody'), clientMsgId)).toBeNull()
      },
    },
    {
      name: "the system's keys are looked up from nobody",
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const op = scene.say(alice, bob, { from: null, movesPosition: false })
        const { clientMsgId } = op.message
        await scene.store(op)
        expect(await scene.storage.keys.find(null, clientMsgId)).toEqual(storedKey(op, 1))
        expect(await scene.storage.keys.find(alice, clientMsgId)).toBeNull()
        expect(await scene.storage.keys.find(null, scene.key('absent'))).toBeNull()
      },
    },
    {
      name: 'a change of settings and a message share one key space',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        const said = scene.say(alice, bob, { clientMsgId: 'said' })
        const change = scene.settings(alice, conversationId, {
          pinned: true,
          key: { clientMsgId: 'set', digest: 'of the change' },
        })
        const [, ok] = await scene.commit(said, change)
        expect(ok).toMatchObject({ status: 'ok', pinned: true, inboxSeq: 2 })
        const results = await writesNothing(scene, [alice, bob], () =>
          scene.commit(
            scene.settings(alice, conversationId, { muted: true, key: { clientMsgId: 'said', digest: 'other' } }),
            scene.settings(alice, conversationId, { pinned: false, key: { clientMsgId: 'set', digest: 'other' } }),
            scene.say(alice, bob, { clientMsgId: 'set' }),
          ),
        )
        expect(results).toMatchObject([
          { status: 'duplicate', digest: said.message.digest },
          { status: 'duplicate', digest: 'of the change' },
          { status: 'duplicate', digest: 'of the change' },
        ])
        expect(await scene.view(alice, conversationId)).toMatchObject({ pinned: true, muted: false, seq: 1 })
        expect(await scene.storage.keys.find(alice, 'set')).toMatchObject({ digest: 'of the change' })
      },
    },
    {
      name: 'of many changes of settings at once with one key exactly one is made',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        await scene.store(scene.say(alice, bob))
        const key = { clientMsgId: 'set', digest: 'd' }
        const results = await Promise.all(
          upTo(20).map(() => scene.commit(scene.settings(alice, conversationId, { muted: true, key }))),
        )
        expect(results.filter(([result]) => result.status === 'ok')).toHaveLength(1)
        expect(results.filter(([result]) => result.status === 'duplicate')).toHaveLength(19)
        expect(await scene.head(alice)).toBe(2)
      },
    },
    {
      name: 'a change that changes nothing takes its key, so that a repeat cannot undo a change in between',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        await scene.commit(scene.say(alice, bob), scene.settings(alice, conversationId, { pinned: true }))
        const again = { pinned: true, key: { clientMsgId: 'again', digest: 'd' } }
        const [first, , repeat] = await scene.commit(
          scene.settings(alice, conversationId, again),
          scene.settings(alice, conversationId, { pinned: false }),
          scene.settings(alice, conversationId, again),
        )
        expect(first).toMatchObject({ status: 'ok', inboxSeq: null })
        expect(repeat).toEqual({ status: 'duplicate', digest: 'd' })
        expect((await scene.view(alice, conversationId)).pinned).toBe(false)
      },
    },
    {
      name: 'a change refused for want of membership takes no key',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        await scene.store(scene.say(alice, bob))
        const key = { clientMsgId: 'refused', digest: 'd' }
        const change = scene.settings(carol, scene.between(alice, bob), { pinned: true, key })
        expect(only(await scene.commit(change))).toEqual({ status: 'not-member' })
        expect(await scene.storage.keys.find(carol, 'refused')).toBeNull()
      },
    },
  ],
}

/** The same key again, as a retry brings it: with another message id and time. */
function repeatOf(scene: StorageScene, first: AppendOp, given: Partial<AppendOp['message']> = {}): AppendOp {
  const { msgId, serverTime } = scene.say(first.members[0]!, first.members[1] ?? first.members[0]!).message
  return { ...first, message: { ...first.message, msgId, serverTime, ...given } }
}

const storedKey = ({ message }: AppendOp, seq: number): object => ({
  digest: message.digest,
  msgId: message.msgId,
  conversationId: message.conversationId,
  seq,
  serverTime: message.serverTime,
})

async function writesNothing<T>(scene: StorageScene, users: readonly string[], act: () => Promise<T>): Promise<T> {
  const state = async (): Promise<unknown> => ({
    inboxes: await Promise.all(users.map((userId) => scene.inbox(userId))),
    lists: await Promise.all(users.map((userId) => scene.storage.conversations.list(userId, null, 100))),
  })
  const before = await state()
  const result = await act()
  expect(await state()).toEqual(before)
  return result
}
