// Buses that are broken on purpose, each in one way, and the case that must catch each.
import { describe, expect, it } from 'vitest'
import { type Bus, type Carrier, MemoryBusHub, type Parcel } from '@rookery/core'
import { VirtualClock } from '../../virtual-clock.js'
import { findCase } from '../suite-case.js'
import { busGroups, runBusCase } from './describe-bus.js'

type Receive = Parameters<Bus['start']>[2]

interface Breakage {
  readonly caughtBy: string
  readonly carry?: Carrier
  /** Parcels that the network loses beside those that the case loses. */
  readonly loses?: (parcel: Parcel) => boolean
  /** Without numbers nothing tells of a loss. */
  readonly isUnnumbered?: true
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
        right.publish([...all.keys()], frames)
      },
    }),
  },
  'node ids taken for patterns': {
    caughtBy: 'node ids that contain one another, or look like patterns, are different nodes',
    bus: (right, all) => ({
      publish(given, frames) {
        if (given === 'all') return right.publish(given, frames)
        for (const to of given) {
          const [name, mark] = [to.slice(0, to.indexOf('.')), to.slice(to.indexOf('.'))]
          const isMeant = (nodeId: string): boolean =>
            nodeId === to || (name.endsWith('*') && nodeId.startsWith(name.slice(0, -1)) && nodeId.endsWith(mark))
          right.publish([...all.keys()].filter(isMeant), frames)
        }
      },
    }),
  },
  'objects shared by nodes': {
    caughtBy: 'a frame is what it was when it was published, and nobody’s shared object',
    bus: (_right, all) => ({
      publish(to, frames) {
        for (const node of to) queueMicrotask(() => frames.forEach((frame) => all.get(node)?.(frame, 'somebody')))
      },
    }),
  },
  'a handler that throws and takes the rest with it': {
    caughtBy: 'a handler that throws stops nothing, not even the frames beside it',
    bus: (right) => ({
      start(nodeId, boot, receive, missed) {
        let isBroken = false
        const once: Receive = (frame, from) => {
          if (isBroken) return
          isBroken = true
          receive(frame, from)
          isBroken = false
        }
        return right.start(nodeId, boot, once, missed)
      },
    }),
  },
  'publishing to nobody is an error': {
    caughtBy: 'publishing to a node that is not there, or nothing at all, is no error',
    bus: (right, all) => ({
      publish(to, frames) {
        for (const node of to) if (to !== 'all' && !all.has(node)) throw new Error(`no node ${node}`)
        right.publish(to, frames)
      },
    }),
  },
  'a stop that leaves the node listening': {
    caughtBy: 'a stopped node receives nothing more, and the others go on',
    bus: () => ({ stop: async () => {} }),
  },
  'a stop that discards what waits': {
    caughtBy: 'frames that were published before stop still leave',
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
        start(nodeId, boot, receive, missed) {
          mine = nodeId
          all.set(nodeId, receive)
          return right.start(nodeId, boot, (...args) => all.has(nodeId) && receive(...args), missed)
        },
        async stop() {
          all.delete(mine)
          await right.stop()
        },
      }
    },
  },
}

const more: Readonly<Record<string, Breakage>> = {
  'topics that everybody receives': {
    caughtBy: 'a topic reaches the other nodes that receive it, and nobody else',
    bus: (right) => ({ publishTo: (_topic, frames) => right.publish('all', frames) }),
  },
  'topics without case': {
    caughtBy: 'topics that contain one another, or look like patterns, are different topics',
    bus: (right) => ({
      topics: (added, removed) => right.topics([...added, ...added.map((topic) => topic.replace('*', ''))], removed),
    }),
  },
  'topics that never end': {
    caughtBy:
      'a node that ended a topic no longer receives it; adding twice and removing an unknown one change nothing',
    bus: (right) => ({ topics: (added) => right.topics(added, []) }),
  },
  'a call for all that leaves one out': {
    caughtBy: 'a frame to several nodes reaches each of them, and one to all every other node',
    bus: (right, all) => ({
      publish: (to, frames) => right.publish(to === 'all' ? [...all.keys()].slice(1, -1) : to, frames),
    }),
  },
  'long frames that are cut': {
    caughtBy: 'a frame of more than a megabyte arrives whole',
    carry: ({ frames }, deliver) =>
      queueMicrotask(() => deliver(frames.filter((frame) => JSON.stringify(frame).length < 1_000_000))),
  },
  'losses that nobody notices': {
    caughtBy: 'the parcel after a lost one reports the loss: from which node, or that any node is possible',
    isUnnumbered: true,
  },
  'no empty parcel after the last': {
    caughtBy: 'the loss of a last parcel is reported within about a second, though nothing follows it',
    loses: ({ frames }) => frames.length === 0,
  },
  'a first parcel that may be missing': {
    caughtBy: 'the loss of the first parcel, and of one to all nodes, is reported like any other',
    bus: (right) => ({
      start(nodeId, boot, receive, missed) {
        const heard = new Set<string>()
        const listen: Receive = (frame, from) => {
          heard.add(from)
          receive(frame, from)
        }
        return right.start(nodeId, boot, listen, (from) => from !== null && heard.has(from) && missed(from))
      },
    }),
  },
  'numbers that go on over a restart': {
    caughtBy: 'a node that was started again numbers anew, and nothing of it counts as missing or as a repeat',
    bus: (right) => ({ start: (nodeId, _boot, ...rest) => right.start(nodeId, 'the same', ...rest) }),
  },
}

function subjectOf(breakage: Breakage) {
  const clock = new VirtualClock()
  const offline = new Set<string>()
  const right: Carrier = breakage.carry ?? (({ frames }, deliver) => queueMicrotask(() => deliver(frames)))
  const carry: Carrier = (parcel, deliver) => {
    if (!offline.has(parcel.to) && breakage.loses?.(parcel) !== true) right(parcel, deliver)
  }
  const hub = new MemoryBusHub({ carry, ...(breakage.isUnnumbered ? {} : { clock }) })
  const all = new Map<string, Receive>()
  const bus = (): Bus => {
    const right = hub.bus()
    return {
      start(nodeId, boot, receive, missed) {
        all.set(nodeId, receive)
        return right.start(nodeId, boot, receive, missed)
      },
      publish: (...args) => right.publish(...args),
      topics: (...args) => right.topics(...args),
      publishTo: (...args) => right.publishTo(...args),
      stop: () => right.stop(),
      ...breakage.bus?.(right, all),
    }
  }
  return {
    bus,
    elapse: (ms: number) => clock.advance(ms),
    async lose(nodes: readonly string[]) {
      for (const node of nodes) offline.add(node)
      return async () => offline.clear()
    },
    dispose() {},
  }
}

describe('the bus suite catches', () => {
  it.each(Object.entries({ ...breakages, ...more }))('%s', async (_name, breakage) => {
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
