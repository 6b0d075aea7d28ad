// Which nodes want to hear when a user goes online or offline.
import { expect } from 'vitest'
import type { SuiteGroup } from '../suite-case.js'
import type { PresenceScene } from './scene.js'

export const watching: SuiteGroup<PresenceScene> = {
  title: 'watching',
  cases: [
    {
      name: 'a claim and a release tell which nodes watch the user',
      async run(scene) {
        const [one, two, three] = [await scene.node('one'), await scene.node('two'), await scene.node('three')]
        const [alice, bob] = [scene.user('alice'), scene.user('bob')]
        await two.presence.watch(two.nodeId, two.boot, [alice, bob])
        await three.presence.watch(three.nodeId, three.boot, [bob])
        const [first, second] = [scene.session(one, alice), scene.session(one, bob)]
        expect((await one.presence.claim(first)).watchers).toEqual([two.nodeId])
        expect((await one.presence.claim(second)).watchers.toSorted()).toEqual([two.nodeId, three.nodeId].toSorted())
        expect(await one.presence.release([first])).toEqual([two.nodeId])
        expect((await one.presence.release([first, second])).toSorted()).toEqual([two.nodeId, three.nodeId].toSorted())
        expect((await one.presence.claim(scene.session(one, scene.user('carol')))).watchers).toEqual([])
      },
    },
    {
      name: 'watching again replaces the set, and an empty one ends it',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const [alice, bob] = [scene.user('alice'), scene.user('bob')]
        const watchersOf = async (userId: string): Promise<readonly string[]> =>
          (await one.presence.claim(scene.session(one, userId))).watchers
        await two.presence.watch(two.nodeId, two.boot, [alice])
        await two.presence.watch(two.nodeId, two.boot, [bob])
        expect([await watchersOf(alice), await watchersOf(bob)]).toEqual([[], [two.nodeId]])
        await two.presence.watch(two.nodeId, two.boot, [])
        expect(await watchersOf(bob)).toEqual([])
      },
    },
    {
      name: 'a node that left, or whose lease has run out, watches nobody',
      async run(scene) {
        const [one, two, three] = [await scene.node('one'), await scene.node('two'), await scene.node('three')]
        const alice = scene.user('alice')
        for (const node of [two, three]) await node.presence.watch(node.nodeId, node.boot, [alice])
        await two.leave()
        expect((await one.presence.claim(scene.session(one, alice))).watchers).toEqual([three.nodeId])
        await scene.outlive(one)
        expect((await one.presence.claim(scene.session(one, alice))).watchers).toEqual([])
      },
    },
  ],
}
