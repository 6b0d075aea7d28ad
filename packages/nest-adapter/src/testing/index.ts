// For the host's own tests: devices of its users talk to the real node inside a Nest testing module, without a network
// and, on virtual time, without waiting. Works under every test runner.
export { type DeviceOptions, TestChat, type TestChatOptions, testChat } from './test-chat.js'
export { DeviceGroups } from './device-groups.js'
export { type Place, type SendOptions, TestDevice } from './test-device.js'
export { VirtualTimeModule } from './virtual-time.module.js'
