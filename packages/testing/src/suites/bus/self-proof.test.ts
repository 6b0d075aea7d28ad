// Buses that are broken on purpose, each in one way, and the case that must catch each.
import { describe, expect, it } from 'vitest'
import { type Bus, type Carrier, MemoryBusHub } from '@rookery/core'
import { VirtualClock } from '../../virtual-clock.js'
import { findCase } from '../suite-case.js'
import { busGroups, runBusCase } from './describe-bus.js'

type Receive = Parameters<Bus['start']>[1]

interface Breakage {
  readonly caughtBy: string
  readonly carry?: Carrier
  /** Makes the bus of one node, if the hub's own is not the broken part. */
  readonly bus?: (right: Bus, all: Map<string, Receive>) => Partial<Bus>
}

const breakages: Readonly<Record<string, Breakage>> = {
  'every frame twice': {
    caughtBy: 'nothing arrives twice',
    carry: ({ frames }, deliver) => queueMicrotask(() => deliver([...frames, ...frames])),
  },
  'one frame in a hundred twice': {
    caughtBy: 'nothing arrives twice',
    carry: ({ frames }, deliver) =>
      queueMicrotask(() => deliver(frames.flatMap((frame) => (Number(frame) % 100 === 99 ? [frame, frame] : [frame])))),
  },
  'frames that are lost': {
    caughtBy: 'frames given together arrive together, in their order',
    carry: ({ frames }, deliver) => queueMicrotask(() => deliver(frames.slice(1))),
  },
  'frames of one call in another order': {
    caughtBy: 'frames given together arrive together, in their order',
    carry: ({ frames }, deliver) => queueMicrotask(() => deliver(frames.toReversed())),
  },
  'frames delivered inside publish': {
    caughtBy: 'publishing answers before anything is received',
    carry: ({ frames }, deliver) => deliver(frames),
  },
  'text normalised on the way': {
    caughtBy: 'a frame arrives with its sender, equal as a JSON value, whatever value it is',
    carry: ({ frames }, deliver) =>
      queueMicrotask(() => deliver(frames.map((frame) => (typeof frame === 'string' ? frame.normalize() : frame)))),
  },
  'frames that are empty values left out': {
    caughtBy: 'a frame arrives with its sender, equal as a JSON value, whatever value it is',
    carry: ({ frames }, deliver) => queueMicrotask(() => deliver(frames.filter(Boolean))),
  },
  'every frame to every node': {
    caughtBy: 'a frame reaches the node that it is addressed to and no other',
    bus: (right, all) => ({
      publish(_to, frames) {
        for (const nodeId of all.keys()) right.publish(nodeId, frames)
      },
    }),
  },
  'node ids taken for patterns': {
    caughtBy: 'node ids that contain one another, or look like patterns, are different nodes',
    bus: (right, all) => ({
      publish(to, frames) {
        const [name, mark] = [to.slice(0, to.indexOf('.')), to.slice(to.indexOf('.'))]
        for (const nodeId of all.keys()) {
          if (nodeId === to || (name.endsWith('*') && nodeId.startsWith(name.slice(0, -1)) && nodeId.endsWith(mark)))
            right.publish(nodeId, frames)
        }
      },
    }),
  },
  'objects shared by nodes': {
    caughtBy: 'a frame is what it was when it was published, and nobody’s shared object',
    bus: (_right, all) => ({
      publish(to, frames) {
        queueMicrotask(() => frames.forEach((frame) => all.get(to)?.(frame, 'somebody')))
      },
    }),
  },
  'a handler that throws and takes the rest with it': {
    caughtBy: 'a handler that throws stops nothing, not even the frames beside it',
    bus: (right) => ({
      start(nodeId, receive) {
        let isBroken = false
        return right.start(nodeId, (frame, from) => {
          if (isBroken) return
          isBroken = true
          receive(frame, from)
          isBroken = false
        })
      },
    }),
  },
  'publishing to nobody is an error': {
    caughtBy: 'publishing to a node that is not there, or nothing at all, is no error',
    bus: (right, all) => ({
      publish(to, frames) {
        if (!all.has(to)) throw new Error(`no node ${to}`)
        right.publish(to, frames)
      },
    }),
  },
  'a stop that leaves the node listening': {
    caughtBy: 'a stopped node receives nothing more, and the others go on',
    bus: () => ({ stop: async () => {} }),
  },
  'a stop that discards what waits': {
    caughtBy: 'what was published before stop still leaves',
    bus: (right) => {
      let isStopped = false
      return {
        publish: (to, frames) => queueMicrotask(() => isStopped || right.publish(to, frames)),
        stop() {
          isStopped = true
          return right.stop()
        },
      }
    },
  },
  'a late stop that silences the successor': {
    caughtBy: 'a node that was started again receives under its id, also when its predecessor stops late',
    bus: (right, all) => {
      let mine = ''
      return {
        start(nodeId, receive) {
          mine = nodeId
          all.set(nodeId, receive)
          return right.start(nodeId, (...args) => all.has(nodeId) && receive(...args))
        },
        async stop() {
          all.delete(mine)
          await right.stop()
        },
      }
    },
  },
}

function subjectOf(breakage: Breakage) {
  const clock = new VirtualClock()
  const hub = new MemoryBusHub(breakage.carry)
  const all = new Map<string, Receive>()
  const bus = (): Bus => {
    const right = hub.bus()
    return {
      start(nodeId, receive) {
        all.set(nodeId, receive)
        return right.start(nodeId, receive)
      },
      publish: (...args) => right.publish(...args),
      stop: () => right.stop(),
      ...breakage.bus?.(right, all),
    }
  }
  return { bus, elapse: (ms: number) => clock.advance(ms), dispose() {} }
}

describe('the bus suite catches', () => {
  it.each(Object.entries(breakages))('%s', async (_name, breakage) => {
    const one = findCase(busGroups, breakage.caughtBy)
    await runBusCase(one, () => subjectOf({ caughtBy: '' }))
    const caught: unknown = await runBusCase(one, () => subjectOf(breakage)).then(
      () => null,
      (error: unknown) => error,
    )
    expect(caught).toBeInstanceOf(Error)
    expect(caught).not.toBeInstanceOf(TypeError)
  })
})
