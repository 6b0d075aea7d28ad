// What a node is told of parcels that did not reach it.
import { expect } from 'vitest'
import type { SuiteGroup } from '../suite-case.js'
import type { BusNode, BusScene } from './scene.js'
import type { BusCapability } from './subject.js'

const framesOf = ({ arrived }: BusNode): unknown[] => arrived.map(({ frame }) => frame)

export const losses: SuiteGroup<BusScene, BusCapability> = {
  title: 'losses',
  needs: 'loses',
  cases: [
    {
      name: 'while nothing is lost, nothing is missed',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        for (let n = 0; n < 20; n += 1) one.bus.publish([two.nodeId], [n])
        one.bus.publish('all', ['all'])
        await scene.until(() => two.arrived.length >= 21)
        await scene.elapse(1500)
        expect([one.missed, two.missed]).toEqual([[], []])
      },
    },
    {
      name: 'the parcel after a lost one reports the loss: from which node, or that any node is possible',
      async run(scene) {
        const [one, two, three] = [await scene.node('one'), await scene.node('two'), await scene.node('three')]
        one.bus.publish([two.nodeId], ['first'])
        await scene.until(() => two.arrived.length === 1)
        const find = await scene.lose(two)
        one.bus.publish([two.nodeId], ['lost'])
        await scene.elapse(50)
        await find()
        one.bus.publish([two.nodeId], ['third'])
        await scene.until(() => two.missed.length > 0)
        expect([one.nodeId, null]).toContain(two.missed[0])
        expect(framesOf(two)).not.toContain('lost')
        expect([one.missed, three.missed]).toEqual([[], []])
      },
    },
    {
      name: 'the loss of the first parcel, and of one to all nodes, is reported like any other',
      async run(scene) {
        const [one, two, three] = [await scene.node('one'), await scene.node('two'), await scene.node('three')]
        let find = await scene.lose(two)
        one.bus.publish([two.nodeId], ['lost'])
        await scene.elapse(50)
        await find()
        await scene.until(() => two.missed.length > 0)
        find = await scene.lose(three)
        one.bus.publish('all', ['lost by three'])
        await scene.elapse(50)
        await find()
        await scene.until(() => three.missed.length > 0)
        expect(framesOf(three)).toEqual([])
      },
    },
    {
      name: 'the loss of a last parcel is reported within about a second, though nothing follows it',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        one.bus.publish([two.nodeId], ['first'])
        await scene.until(() => two.arrived.length === 1)
        const find = await scene.lose(two)
        one.bus.publish([two.nodeId], ['last words'])
        await scene.elapse(50)
        await find()
        await scene.elapse(1200)
        expect(two.missed.length).toBeGreaterThan(0)
        expect(framesOf(two)).toEqual(['first'])
      },
    },
    {
      name: 'a node that was started again numbers anew, and nothing of it counts as missing or as a repeat',
      async run(scene) {
        const [before, two] = [await scene.node('one'), await scene.node('two')]
        for (let n = 0; n < 5; n += 1) before.bus.publish([two.nodeId], [`before ${n}`])
        await scene.until(() => two.arrived.length >= 5)
        await scene.stop(before)
        const after = await scene.node('one')
        for (let n = 0; n < 5; n += 1) after.bus.publish([two.nodeId], [`after ${n}`])
        await scene.until(() => two.arrived.length >= 10)
        await scene.elapse(1500)
        expect(two.missed).toEqual([])
      },
    },
  ],
}
