// What tests of a host need, without any test runner: devices, time and chance that they hold in their hand.
export { FakeDevice, type FakeAnswer, type FakeAuth, type FakeEvent, type Wire } from './testing/fake-device.js'
export { SeededRandom } from './testing/seeded-random.js'
export { settle } from './testing/settle.js'
export { VirtualClock, type NodeClock } from './testing/virtual-clock.js'
export { Naming } from './testing/naming.js'
