import type { Presence } from '../ports/presence.js'
import { VirtualClock } from '@rookery/testing'
import { describePresence } from '@rookery/testing/suites'
import { MemoryPresence } from './memory-presence.js'

/** Presence at whichever server keeps it now. */
const through = (now: () => Presence): Presence => ({
  start: (...args) => now().start(...args),
  claim: (...args) => now().claim(...args),
  release: (...args) => now().release(...args),
  renew: (...args) => now().renew(...args),
  locate: (...args) => now().locate(...args),
  watch: (...args) => now().watch(...args),
  nodes: () => now().nodes(),
  leave: (...args) => now().leave(...args),
  stop: () => now().stop(),
})

describePresence({
  name: 'MemoryPresence',
  capabilities: ['forgets', 'takes-over'],
  create() {
    const clock = new VirtualClock()
    let now = new MemoryPresence(clock)
    return {
      presence: through(() => now),
      elapse: (ms) => clock.advance(ms),
      forget: async () => void (now = new MemoryPresence(clock)),
      takeOver: async () => void (now = now.replica({ era: 'the next', aheadMs: -1e6 })),
      dispose() {},
    }
  },
})
