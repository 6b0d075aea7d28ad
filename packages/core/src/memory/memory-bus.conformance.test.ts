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

describeBus({
  name: 'LossyBus while nothing is lost, with parcels that overtake one another',
  create() {
    const clock = new VirtualClock()
    const hub = new LossyBusHub({ clock, random: new SeededRandom(1) })
    hub.delayMs = [0, 50]
    return { bus: () => hub.bus(), elapse: (ms) => clock.advance(ms), dispose() {} }
  },
})
