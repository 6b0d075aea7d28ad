export { attachSocketIo, type SocketIoTransport } from './attach.js'
export type { TransportCounters } from './counters.js'
export { type SocketIoTransportOptions, transportOptionNames } from './options.js'
export type { Origins } from './origin.js'
