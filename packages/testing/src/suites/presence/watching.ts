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
        await two.presence.watch(two.nodeId, two.boot, [alice, bob], [])
        await three.presence.watch(three.nodeId, three.boot, [bob], [])
        const [first, second] = [scene.session(one, alice), scene.session(one, bob)]
        expect((await one.presence.claim(await one.login(first))).watchers).toEqual([two.nodeId])
        expect((await one.presence.claim(await one.login(second))).watchers.toSorted()).toEqual(
          [two.nodeId, three.nodeId].toSorted(),
        )
        expect(await one.presence.release([first])).toEqual([two.nodeId])
        expect((await one.presence.release([first, second])).toSorted()).toEqual([two.nodeId, three.nodeId].toSorted())
        expect((await one.presence.claim(await one.login(scene.session(one, scene.user('carol'))))).watchers).toEqual(
          [],
        )
      },
    },
    {
      name: 'a call changes the set of watched users: it adds and removes some, and touches nobody else',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const [alice, bob, carol] = [scene.user('alice'), scene.user('bob'), scene.user('carol')]
        const watched = async (): Promise<string[]> => {
          const users: string[] = []
          for (const user of [alice, bob, carol]) {
            const { watchers } = await one.presence.claim(await one.login(scene.session(one, user)))
            if (watchers.includes(two.nodeId)) users.push(user)
          }
          return users
        }
        const change = (added: string[], removed: string[]) => two.presence.watch(two.nodeId, two.boot, added, removed)
        await change([alice, bob], [])
        await change([carol, bob], [alice])
        expect(await watched()).toEqual([bob, carol])
        await change([], [alice, carol])
        expect(await watched()).toEqual([bob])
        await change([], [bob])
        expect(await watched()).toEqual([])
      },
    },
    {
      name: 'a node that left, or whose lease has run out, watches nobody',
      async run(scene) {
        const [one, two, three] = [await scene.node('one'), await scene.node('two'), await scene.node('three')]
        const alice = scene.user('alice')
        for (const node of [two, three]) await node.presence.watch(node.nodeId, node.boot, [alice], [])
        await two.leave()
        expect((await one.presence.claim(await one.login(scene.session(one, alice)))).watchers).toEqual([three.nodeId])
        await scene.outlive(one)
        expect((await one.presence.claim(await one.login(scene.session(one, alice)))).watchers).toEqual([])
      },
    },
  ],
}
