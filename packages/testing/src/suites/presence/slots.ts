// Slots: who holds one, who loses it, and that a late call does not disturb the holder.
import { expect } from 'vitest'
import type { SuiteGroup } from '../suite-case.js'
import { sessionsOf, type PresenceScene } from './scene.js'

export const slots: SuiteGroup<PresenceScene> = {
  title: 'slots',
  cases: [
    {
      name: 'a claimed slot is found on every node, as it was given',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const alice = scene.user('alice')
        const held = scene.session(one, alice, { instance: 'tab "1"', deviceId: 'd:1|x', slot: 'phone and pad' })
        expect(await one.claim(held)).toBeNull()
        expect(await two.presence.locate([alice])).toEqual([held])
      },
    },
    {
      name: 'a claim displaces the holder before, and tells who that was',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const alice = scene.user('alice')
        const [first, second] = [scene.session(one, alice), scene.session(two, alice)]
        await one.claim(first)
        expect(await two.claim(second)).toEqual(first)
        expect(await one.presence.locate([alice])).toEqual([second])
      },
    },
    {
      name: 'a session that claims its own slot again displaces nobody',
      async run(scene) {
        const one = await scene.node('one')
        const held = scene.session(one, scene.user('alice'))
        await one.claim(held)
        expect(await one.claim(held)).toBeNull()
        expect(await one.presence.locate([held.userId])).toEqual([held])
      },
    },
    {
      name: 'slots of one user, and one slot of several users, are apart',
      async run(scene) {
        const one = await scene.node('one')
        const [alice, bob, upper] = [scene.user('alice'), scene.user('bob'), scene.user('Alice')]
        const held = [
          scene.session(one, alice),
          scene.session(one, alice, { slot: 'pc', deviceType: 'pc' }),
          scene.session(one, alice, { slot: 'Phone' }),
          scene.session(one, bob),
          scene.session(one, upper),
        ]
        for (const session of held) expect(await one.claim(session)).toBeNull()
        expect(sessionsOf(await one.presence.locate([alice]))).toEqual(sessionsOf(held.slice(0, 3)))
        expect(sessionsOf(await one.presence.locate([bob, upper]))).toEqual(sessionsOf(held.slice(3)))
        expect(await one.presence.locate([])).toEqual([])
        expect(await one.presence.locate([scene.user('nobody')])).toEqual([])
      },
    },
    {
      name: 'of 50 claims at once over two nodes one remains, and each displaced holder is told to one claimant',
      async run(scene) {
        const nodes = [await scene.node('one'), await scene.node('two')]
        const alice = scene.user('alice')
        const claims = Array.from({ length: 50 }, (_, index) => {
          const node = nodes[index % 2]!
          return { node, session: scene.session(node, alice) }
        })
        const displaced = await Promise.all(claims.map(({ node, session }) => node.claim(session)))
        const [remaining, ...more] = await nodes[0]!.presence.locate([alice])
        expect(more).toEqual([])
        const told = displaced.filter((holder) => holder !== null)
        expect(told).toHaveLength(49)
        expect(sessionsOf([...told, remaining!])).toEqual(sessionsOf(claims.map(({ session }) => session)))
      },
    },
    {
      name: 'a released slot is free',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const alice = scene.user('alice')
        const [phone, pc] = [scene.session(one, alice), scene.session(one, alice, { slot: 'pc' })]
        await one.claim(phone)
        await one.claim(pc)
        await one.presence.release([phone])
        expect(await two.presence.locate([alice])).toEqual([pc])
        expect(await two.claim(scene.session(two, alice))).toBeNull()
      },
    },
    {
      name: 'a late release does not free the slot of a newer session',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const alice = scene.user('alice')
        const [first, second] = [scene.session(one, alice), scene.session(two, alice)]
        await one.claim(first)
        await two.claim(second)
        await one.presence.release([first])
        expect(await one.presence.locate([alice])).toEqual([second])
      },
    },
    {
      name: 'only exactly the session that holds a slot can free it: node, boot and session id',
      async run(scene) {
        const one = await scene.node('one')
        const held = scene.session(one, scene.user('alice'))
        await one.claim(held)
        await one.presence.release([
          { ...held, sessionId: `${held.sessionId}x` },
          { ...held, boot: 'another' },
          { ...held, nodeId: `${held.nodeId}x` },
          { ...held, slot: 'pc' },
        ])
        expect(await one.presence.locate([held.userId])).toEqual([held])
      },
    },
    {
      name: 'releasing many, known and unknown, frees those that are held',
      async run(scene) {
        const one = await scene.node('one')
        const users = Array.from({ length: 30 }, (_, index) => scene.user(`user${index}`))
        const held = users.map((userId) => scene.session(one, userId))
        for (const session of held) await one.claim(session)
        await one.presence.release([...held.slice(10), scene.session(one, scene.user('nobody'))])
        await one.presence.release([])
        expect(sessionsOf(await one.presence.locate(users))).toEqual(sessionsOf(held.slice(0, 10)))
      },
    },
  ],
}
