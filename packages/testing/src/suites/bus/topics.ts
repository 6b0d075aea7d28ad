// Which nodes receive what is published to a topic.
import { expect } from 'vitest'
import type { SuiteGroup } from '../suite-case.js'
import type { BusNode, BusScene } from './scene.js'
import type { BusCapability } from './subject.js'

const framesOf = ({ arrived }: BusNode): string[] => arrived.map(({ frame }) => String(frame))

export const topics: SuiteGroup<BusScene, BusCapability> = {
  title: 'topics',
  cases: [
    {
      name: 'a topic reaches the other nodes that receive it, and nobody else',
      async run(scene) {
        const nodes = [
          await scene.node('one'),
          await scene.node('two'),
          await scene.node('three'),
          await scene.node('four'),
        ]
        const [one, two, three, four] = nodes as [BusNode, BusNode, BusNode, BusNode]
        const [cats, dogs] = [scene.id('cats'), scene.id('dogs')]
        await one.bus.topics([cats], [])
        await two.bus.topics([cats, dogs], [])
        await three.bus.topics([dogs], [])
        one.bus.publishTo(cats, ['meow'])
        one.bus.publishTo(dogs, ['woof', 'woof again'])
        one.bus.publishTo(scene.id('birds'), ['tweet'])
        await scene.until(() => two.arrived.length >= 3 && three.arrived.length >= 2)
        for (const node of nodes) await scene.flushed(two, node)
        expect(framesOf(two).toSorted()).toEqual(['meow', 'woof', 'woof again'])
        expect(framesOf(three)).toEqual(['woof', 'woof again'])
        expect([framesOf(one), framesOf(four)]).toEqual([[], []])
        expect(new Set(two.arrived.map(({ from }) => from))).toEqual(new Set([one.nodeId]))
      },
    },
    {
      name: 'topics that contain one another, or look like patterns, are different topics',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const names = ['cat', 'cats', 'cat*', 'c?t', '[c]at', 'CAT', 'cat:1', '{cat}']
        await two.bus.topics([scene.id('cat*'), scene.id('{cat}')], [])
        for (const name of names) one.bus.publishTo(scene.id(name), [name])
        await scene.until(() => two.arrived.length >= 2)
        await scene.flushed(one, two)
        expect(framesOf(two).toSorted()).toEqual(['cat*', '{cat}'])
      },
    },
    {
      name: 'a node that ended a topic no longer receives it; adding twice and removing an unknown one change nothing',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const [cats, dogs] = [scene.id('cats'), scene.id('dogs')]
        await two.bus.topics([cats, dogs], [])
        await two.bus.topics([cats], [scene.id('birds')])
        await two.bus.topics([], [dogs])
        one.bus.publishTo(dogs, ['woof'])
        one.bus.publishTo(cats, ['meow'])
        await scene.until(() => two.arrived.length > 0)
        await scene.flushed(one, two)
        expect(framesOf(two)).toEqual(['meow'])
        await two.bus.topics([], [cats])
        one.bus.publishTo(cats, ['meow again'])
        await scene.flushed(one, two)
        expect(framesOf(two)).toEqual(['meow'])
      },
    },
    {
      name: 'many topics begin in one call',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const many = Array.from({ length: 500 }, (_, n) => scene.id(`topic${n}`))
        await two.bus.topics(many, [])
        for (const topic of many) one.bus.publishTo(topic, [topic])
        await scene.until(() => two.arrived.length >= many.length)
        expect(framesOf(two).toSorted()).toEqual(many.toSorted())
      },
    },
  ],
}
