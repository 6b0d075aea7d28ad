import { LossyBusHub, SeededRandom, VirtualClock } from '@rookery/testing'
import { describeBus } from '@rookery/testing/suites'
import { MemoryBusHub } from './memory-bus.js'

describeBus({
  name: 'MemoryBus',
  create() {
    const clock = new VirtualClock()
    const hub = new MemoryBusHub()
    return { bus: () => hub.bus(), elapse: (ms) => clock.advance(ms), dispose() {} }
  },
})

const lossy = (delayMs: readonly [number, number]) => () => {
  const clock = new VirtualClock()
  const hub = new LossyBusHub({ clock, random: new SeededRandom(1) })
  hub.delayMs = delayMs
  return {
    bus: () => hub.bus(),
    elapse: (ms: number) => clock.advance(ms),
    async lose(nodes: readonly string[]) {
      for (const node of nodes) hub.disconnect(node)
      return async () => {
        for (const node of nodes) hub.reconnect(node, false)
      }
    },
    dispose() {},
  }
}

describeBus({ name: 'LossyBus', capabilities: ['loses'], create: lossy([0, 0]) })
describeBus({ name: 'LossyBus, with parcels that overtake one another,', create: lossy([0, 50]) })
