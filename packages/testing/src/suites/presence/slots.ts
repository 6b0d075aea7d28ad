// Slots: who holds one, who loses it, and that a late call does not disturb the holder.
import { expect } from 'vitest'
import type { SuiteGroup } from '../suite-case.js'
import { sessionsOf, type PresenceScene } from './scene.js'

export const slots: SuiteGroup<PresenceScene> = {
  title: 'slots',
  cases: [
    {
      name: 'a claimed slot is found on every node, unchanged',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const alice = scene.user('alice')
        const held = scene.session(one, alice, { instance: 'tab "1"', deviceId: 'd:1|x', slot: 'phone and pad' })
        expect(await one.claim(held)).toBeNull()
        expect(await two.locate([alice])).toEqual([held])
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
        expect(await one.locate([alice])).toEqual([second])
      },
    },
    {
      name: 'a session that claims its own slot again displaces nobody',
      async run(scene) {
        const one = await scene.node('one')
        const held = scene.session(one, scene.user('alice'))
        await one.claim(held)
        expect(await one.claim(held)).toBeNull()
        expect(await one.locate([held.userId])).toEqual([held])
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
        expect(sessionsOf(await one.locate([alice]))).toEqual(sessionsOf(held.slice(0, 3)))
        expect(sessionsOf(await one.locate([bob, upper]))).toEqual(sessionsOf(held.slice(3)))
        expect(await one.locate([])).toEqual([])
        expect(await one.locate([scene.user('nobody')])).toEqual([])
      },
    },
    {
      name: 'of 50 claims at once over two nodes the latest remains, and one claimant learns of each displaced holder',
      async run(scene) {
        const nodes = [await scene.node('one'), await scene.node('two')]
        const alice = scene.user('alice')
        const claims = []
        for (let n = 0; n < 50; n += 1) {
          const node = nodes[n % 2]!
          // They reach presence in another order than the one in which they began.
          claims.push({ node, login: await node.login(scene.session(node, alice), scene.leaseMs - ((n * 7) % 50)) })
        }
        const claimed = await Promise.all(claims.map(({ node, login }) => node.presence.claim(login)))
        const [remaining, ...more] = await nodes[0]!.locate([alice])
        expect(more).toEqual([])
        const latest = claims.map(({ login }) => login).toSorted((a, b) => b.since.ms - a.since.ms)[0]!
        expect(remaining).toEqual(latest.holder)
        const displaced = claimed.flatMap((one) => one.displaced ?? [])
        const refused = claims.filter((_, n) => claimed[n]!.later !== null).map(({ login }) => login.holder)
        expect(sessionsOf([...displaced, ...refused, remaining!])).toEqual(
          sessionsOf(claims.map(({ login }) => login.holder)),
        )
      },
    },
    {
      name: 'a claim that arrives late displaces no later login, and learns who that is',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const alice = scene.user('alice')
        const [first, second] = [scene.session(one, alice), scene.session(two, alice)]
        const late = await one.login(first)
        await two.claim(second)
        expect(await one.presence.claim(late)).toMatchObject({ displaced: null, later: second })
        expect(await one.locate([alice])).toEqual([second])
        // It does not keep the slot either when it comes again.
        expect(await two.renew([second])).toEqual([])
        expect(await one.presence.claim(late)).toMatchObject({ displaced: null, later: second })
      },
    },
    {
      name: 'a claim that arrives late finds its slot free where the later login has gone',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const alice = scene.user('alice')
        const [first, second] = [scene.session(one, alice), scene.session(two, alice)]
        const late = await one.login(first)
        await two.claim(second)
        await two.presence.release([second])
        expect(await one.presence.claim(late)).toMatchObject({ displaced: null, later: null })
        expect(await one.locate([alice])).toEqual([first])
      },
    },
    {
      name: 'of two logins that began at once the one with the greater session id is the later, whichever comes first',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        for (const user of [scene.user('alice'), scene.user('bob')]) {
          const low = await one.login(scene.session(one, user, { sessionId: `S2.${scene.user('')}` }))
          const high = { ...low, holder: scene.session(two, user, { sessionId: `a1.${scene.user('')}` }) }
          const inOrder = user.startsWith('alice') ? [low, high] : [high, low]
          for (const login of inOrder) await one.presence.claim(login)
          expect(await one.locate([user])).toEqual([high.holder])
          expect(await one.presence.claim(low)).toMatchObject({ displaced: null, later: high.holder })
        }
      },
    },
    {
      name: 'a login of another era is not taken, and learns the time; told in the right era it is',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const [alice, bob] = [scene.user('alice'), scene.user('bob')]
        const held = scene.session(two, alice)
        await two.claim(held)
        const login = await one.login(scene.session(one, alice))
        const foreign = { ...login, since: { era: 'another', ms: login.since.ms + 1e9 } }
        const claimed = await one.presence.claim(foreign)
        expect(claimed).toMatchObject({ displaced: null, later: null, time: { era: login.since.era } })
        const free = { ...foreign, holder: scene.session(one, bob) }
        await one.presence.claim(free)
        const renewed = await one.presence.renew(one.info, scene.leaseMs, [foreign, free])
        expect(renewed).toMatchObject({ lost: [], time: { era: login.since.era } })
        expect(await one.locate([alice, bob])).toEqual([held])
        expect(await one.presence.claim(login)).toMatchObject({ displaced: held, later: null })
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
        expect(await two.locate([alice])).toEqual([pc])
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
        expect(await one.locate([alice])).toEqual([second])
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
        expect(await one.locate([held.userId])).toEqual([held])
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
        expect(sessionsOf(await one.locate(users))).toEqual(sessionsOf(held.slice(0, 10)))
      },
    },
  ],
}
