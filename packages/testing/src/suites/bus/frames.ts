// Which frames arrive, at which node, and how often.
import { expect } from 'vitest'
import type { SuiteGroup } from '../suite-case.js'
import type { BusNode, BusScene } from './scene.js'

const values: readonly unknown[] = [
  null,
  true,
  0,
  -1.5,
  '',
  'text "quoted" \\ \u2028 \u0000 \ud83d\ude00 e\u0301',
  [],
  {},
  [1, [2, [null]]],
  { a: { b: [{}] }, __proto: 1, 'key with "quotes"': 'x'.repeat(100_000) },
]

export const frames: SuiteGroup<BusScene> = {
  title: 'frames',
  cases: [
    {
      name: 'a frame arrives with its sender, equal as a JSON value, whatever value it is',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        for (const value of values) one.bus.publish([two.nodeId], [value])
        await scene.until(() => two.arrived.length >= values.length)
        const arrived = two.arrived.map(({ frame }) => JSON.stringify(frame)).toSorted()
        expect(arrived).toEqual(values.map((value) => JSON.stringify(value)).toSorted())
        expect(new Set(two.arrived.map(({ from }) => from))).toEqual(new Set([one.nodeId]))
      },
    },
    {
      name: 'frames given together arrive together, in their order',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const frames = Array.from({ length: 100 }, (_, n) => ({ n }))
        one.bus.publish([two.nodeId], frames)
        await scene.until(() => two.arrived.length > 0)
        expect(two.arrived.map(({ frame }) => frame)).toEqual(frames)
      },
    },
    {
      name: 'a frame reaches the node that it is addressed to and no other',
      async run(scene) {
        const [one, two, three] = [await scene.node('one'), await scene.node('two'), await scene.node('three')]
        one.bus.publish([two.nodeId], ['for two'])
        one.bus.publish([three.nodeId], ['for three'])
        one.bus.publish([one.nodeId], ['for one'])
        await scene.until(() => [one, two, three].every((node) => node.arrived.length > 0))
        for (const node of [one, two, three]) await scene.flushed(one, node)
        const frames = [one, two, three].map((node) => node.arrived.map(({ frame }) => frame))
        expect(frames).toEqual([['for one'], ['for two'], ['for three']])
      },
    },
    {
      name: 'a frame to several nodes reaches each of them, and one to all every other node',
      async run(scene) {
        const nodes = [
          await scene.node('one'),
          await scene.node('two'),
          await scene.node('three'),
          await scene.node('four'),
        ]
        const [one, two, three] = nodes as [BusNode, BusNode, BusNode]
        one.bus.publish([two.nodeId, three.nodeId], ['for two and three'])
        one.bus.publish('all', ['for all'])
        await scene.until(() => two.arrived.length >= 2 && three.arrived.length >= 2 && nodes[3]!.arrived.length > 0)
        for (const node of nodes) await scene.flushed(two, node)
        const frames = nodes.map((node) => node.arrived.map(({ frame }) => String(frame)).toSorted())
        expect(frames).toEqual([[], ['for all', 'for two and three'], ['for all', 'for two and three'], ['for all']])
      },
    },
    {
      name: 'a frame of more than a megabyte arrives whole',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const big = { text: 'wörds '.repeat(250_000) }
        one.bus.publish([two.nodeId], [big, 'beside'])
        await scene.until(() => two.arrived.length >= 2)
        expect(two.arrived.map(({ frame }) => frame)).toEqual([big, 'beside'])
      },
    },
    {
      name: 'node ids that contain one another, or look like patterns, are different nodes',
      async run(scene) {
        const names = ['node', 'node1', 'node*', 'nod?', '[n]ode', 'NODE', 'node:1']
        const nodes = await Promise.all(names.map((name) => scene.node(name)))
        for (const node of nodes) nodes[0]!.bus.publish([node.nodeId], [node.nodeId])
        await scene.until(() => nodes.every((node) => node.arrived.length > 0))
        for (const node of nodes) await scene.flushed(nodes[0]!, node)
        for (const node of nodes) expect(node.arrived.map(({ frame }) => frame)).toEqual([node.nodeId])
      },
    },
    {
      name: 'nothing arrives twice',
      async run(scene) {
        const [one, two] = [await scene.node('one'), await scene.node('two')]
        const count = 1000
        for (let n = 0; n < count; n += 1) one.bus.publish([two.nodeId], [n])
        await scene.until(() => two.arrived.length >= count)
        await scene.flushed(one, two)
        expect(two.arrived).toHaveLength(count)
        expect(new Set(two.arrived.map(({ frame }) => frame)).size).toBe(count)
      },
    },
    {
      name: 'a frame is what it was when it was published, and nobody’s shared object',
      async run(scene) {
        const [one, two, three] = [await scene.node('one'), await scene.node('two'), await scene.node('three')]
        const frame = { list: [1] }
        one.bus.publish([two.nodeId], [frame])
        one.bus.publish([three.nodeId], [frame])
        frame.list.push(2)
        await scene.until(() => two.arrived.length > 0 && three.arrived.length > 0)
        expect(two.arrived[0]!.frame).toEqual({ list: [1] })
        expect(two.arrived[0]!.frame).not.toBe(frame)
        expect(two.arrived[0]!.frame).not.toBe(three.arrived[0]!.frame)
      },
    },
    {
      name: 'publishing answers before anything is received',
      async run(scene) {
        const one = await scene.node('one')
        one.bus.publish([one.nodeId], ['to myself'])
        expect(one.arrived).toEqual([])
        await scene.until(() => one.arrived.length === 1)
      },
    },
  ],
}
