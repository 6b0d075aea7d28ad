// Presence that lost its memory, or that another server has taken over.
import { expect } from 'vitest'
import type { SuiteGroup } from '../suite-case.js'
import type { PresenceScene } from './scene.js'
import type { PresenceCapability } from './subject.js'

export const forgetting: SuiteGroup<PresenceScene, PresenceCapability> = {
  title: 'forgetting',
  needs: 'forgets',
  cases: [
    {
      name: 'a node whose lease was forgotten learns that from its next renewal, and reports everything again',
      async run(scene) {
        const one = await scene.node('one')
        const held = scene.session(one, scene.user('alice'))
        const login = await one.login(held)
        await one.presence.claim(login)
        await scene.forget()
        expect(await one.locate([held.userId])).toEqual([])
        const { began, time } = await one.renewLease()
        expect(began).toBe(true)
        const since = time.era === login.since.era ? login.since : time
        expect(await one.presence.renew(one.info, scene.leaseMs, [{ ...login, since }])).toMatchObject({ lost: [] })
        expect(await one.locate([held.userId])).toEqual([held])
      },
    },
  ],
}

export const takingOver: SuiteGroup<PresenceScene, PresenceCapability> = {
  title: 'taking over',
  needs: 'takes-over',
  cases: [
    {
      name: 'another server begins another era, and takes no login of the era before',
      async run(scene) {
        const one = await scene.node('one')
        const held = scene.session(one, scene.user('alice'))
        const login = await one.login(held)
        await scene.takeOver()
        const claimed = await one.presence.claim(login)
        expect(claimed.time.era).not.toBe(login.since.era)
        expect(await one.locate([held.userId])).toEqual([])
        expect(await one.claim(held)).toBeNull()
        expect(await one.locate([held.userId])).toEqual([held])
      },
    },
    {
      name: 'a holder of the earlier era stays until a login comes, gives way to it, and its node learns that at the renewal',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const alice = scene.user('alice')
        const [first, second] = [scene.session(one, alice), scene.session(two, alice)]
        await one.claim(first)
        await scene.takeOver()
        expect(await two.locate([alice])).toEqual([first])
        expect(await two.presence.claim(await two.login(second))).toMatchObject({ displaced: null, later: null })
        expect(await two.locate([alice])).toEqual([second])
        expect(await one.renew([first])).toEqual([first])
        expect(await two.locate([alice])).toEqual([second])
      },
    },
    {
      name: 'a holder of the era before that was the later login takes its slot back',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const alice = scene.user('alice')
        const [earlier, later] = [scene.session(one, alice), scene.session(two, alice)]
        await two.claim(later)
        await scene.takeOver()
        expect(await one.renew([earlier], {}, scene.leaseMs)).toEqual([])
        expect(await two.renew([later], {}, scene.leaseMs / 2)).toEqual([])
        expect(await one.renew([earlier], {}, scene.leaseMs)).toEqual([earlier])
        expect(await one.locate([alice])).toEqual([later])
      },
    },
  ],
}
