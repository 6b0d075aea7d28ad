// For the host's own tests: devices of its users against the real node inside its own testing module, without a network
// and, where it likes, without waiting. Works under any test runner.
export { type DeviceOptions, TestChat, type TestChatOptions, testChat } from './test-chat.js'
export { DeviceGroups } from './device-groups.js'
export { type Place, type SendOptions, TestDevice } from './test-device.js'
export { VirtualTimeModule } from './virtual-time.module.js'
