// Absent nodes, throwing handlers, starts and stops.
import { expect } from 'vitest'
import type { SuiteGroup } from '../suite-case.js'
import type { BusScene } from './scene.js'

export const failures: SuiteGroup<BusScene> = {
  title: 'failures',
  cases: [
    {
      name: 'publishing to a node that is not there, or nothing at all, is no error',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        one.bus.publish([scene.id('nobody')], ['lost'])
        one.bus.publish([two.nodeId], [])
        await scene.flushed(one, two)
        expect(two.arrived).toEqual([])
      },
    },
    {
      name: 'a handler that throws stops nothing, not even the frames beside it',
      async run(scene) {
        const one = await scene.node('one')
        const two = await scene.node('two', (frame) => {
          if (frame === 'bad') throw new Error('this handler throws')
        })
        one.bus.publish([two.nodeId], ['bad', 'beside'])
        one.bus.publish([two.nodeId], ['bad'])
        one.bus.publish([two.nodeId], ['after'])
        await scene.until(() => two.arrived.length >= 4)
        expect(two.arrived.map(({ frame }) => String(frame)).toSorted()).toEqual(['after', 'bad', 'bad', 'beside'])
      },
    },
    {
      name: 'frames that were published before stop still leave',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        one.bus.publish([two.nodeId], ['last words'])
        await scene.stop(one)
        await scene.until(() => two.arrived.length > 0)
        expect(two.arrived).toEqual([{ frame: 'last words', from: one.nodeId }])
      },
    },
    {
      name: 'a stopped node receives nothing more, and the others go on',
      async run(scene) {
        const [one, two, three] = [await scene.node('one'), await scene.node('two'), await scene.node('three')]
        await scene.flushed(one, two)
        await scene.stop(two)
        one.bus.publish([two.nodeId], ['too late'])
        await scene.flushed(one, three)
        expect(two.arrived).toEqual([])
      },
    },
    {
      name: 'a node that was started again receives under its id, also when its predecessor stops late',
      async run(scene) {
        const [one, before] = [await scene.node('one'), await scene.node('two')]
        const after = await scene.node('two')
        await scene.stop(before)
        await scene.flushed(one, after)
        one.bus.publish([after.nodeId], ['hello'])
        await scene.until(() => after.arrived.length > 0)
        expect(after.arrived.map(({ frame }) => frame)).toEqual(['hello'])
      },
    },
  ],
}
