// Leases: what a node holds counts while its lease runs; renewals restore what presence forgot and take nothing from
// others.
import { expect } from 'vitest'
import type { SuiteGroup } from '../suite-case.js'
import { sessionsOf, type PresenceScene } from './scene.js'

export const leases: SuiteGroup<PresenceScene> = {
  title: 'leases',
  cases: [
    {
      name: 'nodes are listed while their lease runs, as they last said they were',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const said = { url: 'https://one.example/im?a=1', sessions: 7, takesClients: false }
        await one.renew([], said)
        const mine = (await two.presence.nodes()).filter(({ nodeId }) => [one.nodeId, two.nodeId].includes(nodeId))
        expect(mine.toSorted((a, b) => (a.nodeId < b.nodeId ? -1 : 1))).toEqual([{ ...one.info, ...said }, two.info])
      },
    },
    {
      name: 'a renewal tells whether the lease began with it, and does not tell it again',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        expect((await one.renewLease()).began).toBe(false)
        await scene.outlive(two)
        expect((await two.renewLease()).began).toBe(false)
        expect((await one.renewLease()).began).toBe(true)
        expect((await one.renewLease()).began).toBe(false)
        await one.leave()
        expect((await one.renewLease()).began).toBe(true)
      },
    },
    {
      name: 'its time goes on with the clock, within one era, for every node',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const first = (await one.renewLease()).time
        await scene.elapse(scene.leaseMs / 2)
        const second = (await two.renewLease()).time
        const { time } = await one.presence.claim(await one.login(scene.session(one, scene.user('alice'))))
        expect([second.era, time.era]).toEqual([first.era, first.era])
        expect(second.ms - first.ms).toBeGreaterThan(scene.leaseMs / 4)
        expect(time.ms).toBeGreaterThanOrEqual(second.ms)
      },
    },
    {
      name: 'a session is found with the time at which its client was last heard of, as its node last told',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const alice = scene.user('alice')
        const held = scene.session(one, alice)
        const login = await one.login(held, 0, 1_760_000_000_001)
        await one.presence.claim(login)
        expect(await two.presence.locate([alice])).toEqual([{ ...held, heardAt: 1_760_000_000_001 }])
        await one.presence.renew(one.info, scene.leaseMs, [{ ...login, heardAt: 1_760_000_099_999 }])
        expect(await two.presence.locate([alice])).toEqual([{ ...held, heardAt: 1_760_000_099_999 }])
      },
    },
    {
      name: 'a renewal tells by which login each slot was lost',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const [alice, bob] = [scene.user('alice'), scene.user('bob')]
        const old = [scene.session(one, alice), scene.session(one, bob)]
        const logins = []
        for (const holder of old) logins.push(await one.login(holder))
        for (const login of logins) await one.presence.claim(login)
        const newer = scene.session(two, bob)
        await two.claim(newer)
        const { lost } = await one.presence.renew(one.info, scene.leaseMs, logins)
        expect(lost).toEqual([{ holder: old[1], later: newer }])
      },
    },
    {
      name: 'a lease that is renewed goes on, and so do its sessions',
      async run(scene) {
        const one = await scene.node('one')
        const held = scene.session(one, scene.user('alice'))
        await one.claim(held)
        for (let n = 0; n < 8; n += 1) {
          await scene.elapse(scene.leaseMs / 4)
          expect(await one.renew([held])).toEqual([])
          expect(await one.locate([held.userId])).toEqual([held])
        }
      },
    },
    {
      name: 'a renewal that names no sessions keeps those that are held',
      async run(scene) {
        const one = await scene.node('one')
        const held = scene.session(one, scene.user('alice'))
        await one.claim(held)
        await scene.outlive(one)
        expect(await one.locate([held.userId])).toEqual([held])
      },
    },
    {
      name: "when a lease has run out its node's sessions are offline, its slots free, and it is not listed",
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const [alice, bob] = [scene.user('alice'), scene.user('bob')]
        const [dead, alive] = [scene.session(one, alice), scene.session(two, bob)]
        await one.claim(dead)
        await two.claim(alive)
        await scene.outlive(two)
        expect(await two.locate([alice, bob])).toEqual([alive])
        const listed = (await two.presence.nodes()).map(({ nodeId }) => nodeId)
        expect(listed).toContain(two.nodeId)
        expect(listed).not.toContain(one.nodeId)
        expect(await two.claim(scene.session(two, alice))).toBeNull()
      },
    },
    {
      name: 'a node that comes back takes its free slots again, and learns which ones are taken',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const [alice, bob] = [scene.user('alice'), scene.user('bob')]
        const old = [scene.session(one, alice), scene.session(one, bob)]
        for (const session of old) await one.claim(session)
        await scene.outlive(two)
        const newer = scene.session(two, alice)
        await two.claim(newer)
        expect(await one.renew(old)).toEqual([old[0]])
        expect(sessionsOf(await two.locate([alice, bob]))).toEqual(sessionsOf([newer, old[1]!]))
      },
    },
    {
      name: 'a renewal puts in what presence forgot',
      async run(scene) {
        const one = await scene.node('one')
        const forgotten = scene.session(one, scene.user('alice'))
        expect(await one.renew([forgotten])).toEqual([])
        expect(await one.locate([forgotten.userId])).toEqual([forgotten])
      },
    },
    {
      name: 'a late renewal neither takes nor keeps the slot of a newer session, and tells of it each time',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const alice = scene.user('alice')
        const [first, second] = [scene.session(one, alice), scene.session(two, alice)]
        await one.claim(first)
        await two.claim(second)
        expect(await one.renew([first])).toEqual([first])
        expect(await one.renew([first])).toEqual([first])
        expect(await two.renew([second])).toEqual([])
        expect(await one.locate([alice])).toEqual([second])
      },
    },
    {
      name: 'of two logins that no claim told of the later one has the slot, whichever is renewed first',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const [alice, bob] = [scene.user('alice'), scene.user('bob')]
        const [early, late] = [scene.leaseMs / 2, scene.leaseMs / 8]
        const [first, second] = [scene.session(one, alice), scene.session(two, alice)]
        expect(await one.renew([first], {}, early)).toEqual([])
        expect(await two.renew([second], {}, late)).toEqual([])
        expect(await one.renew([first], {}, early)).toEqual([first])
        const [third, fourth] = [scene.session(one, bob), scene.session(two, bob)]
        expect(await two.renew([fourth], {}, late)).toEqual([])
        expect(await one.renew([third], {}, early)).toEqual([third])
        expect(sessionsOf(await one.locate([alice, bob]))).toEqual(sessionsOf([second, fourth]))
      },
    },
    {
      name: 'a login that its claim did not tell of takes the slot from an earlier claim, and leaves it to a later one',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const [alice, bob] = [scene.user('alice'), scene.user('bob')]
        const [earlier, later] = [scene.session(one, alice), scene.session(one, bob)]
        await one.claim(earlier)
        await scene.elapse(scene.leaseMs / 2)
        await one.claim(later)
        // A renewal does not change the time of a login.
        await one.renew([earlier, later])
        const untold = [scene.session(two, alice), scene.session(two, bob)]
        expect(await two.renew(untold, {}, scene.leaseMs / 4)).toEqual([untold[1]])
        expect(await one.renew([earlier, later])).toEqual([earlier])
        expect(sessionsOf(await one.locate([alice, bob]))).toEqual(sessionsOf([untold[0]!, later]))
      },
    },
    {
      name: 'on one node, too, a renewal tells which of two sessions lost the slot',
      async run(scene) {
        const one = await scene.node('one')
        const alice = scene.user('alice')
        const [first, second] = [scene.session(one, alice), scene.session(one, alice)]
        await one.claim(first)
        expect(await one.claim(second)).toEqual(first)
        expect(await one.renew([first, second])).toEqual([first])
        expect(await one.locate([alice])).toEqual([second])
      },
    },
    {
      name: 'many sessions are renewed in one call',
      async run(scene) {
        const one = await scene.node('one')
        const users = Array.from({ length: 500 }, (_, index) => scene.user(`user${index}`))
        const held = users.map((userId) => scene.session(one, userId))
        expect(await one.renew(held)).toEqual([])
        expect(sessionsOf(await one.locate(users))).toEqual(sessionsOf(held))
      },
    },
    {
      name: 'leaving ends the lease at once',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const [alice, bob] = [scene.user('alice'), scene.user('bob')]
        const [gone, stays] = [scene.session(one, alice), scene.session(two, bob)]
        await one.claim(gone)
        await two.claim(stays)
        await one.leave()
        expect(await two.locate([alice, bob])).toEqual([stays])
        expect((await two.presence.nodes()).map(({ nodeId }) => nodeId)).not.toContain(one.nodeId)
        expect(await two.claim(scene.session(two, alice))).toBeNull()
      },
    },
    {
      name: 'a node that was started again is not disturbed by what its predecessor does late',
      async run(scene) {
        const before = await scene.node('one', 'boot-1')
        const [alice, bob] = [scene.user('alice'), scene.user('bob')]
        const [first, other] = [scene.session(before, alice), scene.session(before, bob)]
        await before.claim(first)
        await before.claim(other)
        const after = await scene.node('one', 'boot-2')
        const second = scene.session(after, alice)
        await after.claim(second)
        await before.presence.release([first])
        expect(await before.renew([first])).toEqual([first])
        await before.leave()
        expect(await after.locate([alice, bob])).toEqual([second])
        const listed = (await after.presence.nodes()).filter(({ nodeId }) => nodeId === after.nodeId)
        expect(listed).toEqual([after.info])
      },
    },
  ],
}
