import { VirtualClock } from '@rookery/testing'
import { describePresence } from '@rookery/testing/suites'
import { MemoryPresence } from './memory-presence.js'

describePresence({
  name: 'MemoryPresence',
  create() {
    const clock = new VirtualClock()
    return { presence: new MemoryPresence(clock), elapse: (ms) => clock.advance(ms), dispose() {} }
  },
})
