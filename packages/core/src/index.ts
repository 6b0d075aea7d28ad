export type * from './model/index.js'
export * from './ports/index.js'
export type { Connection, Frame, Gate, Handshake, Inbound } from './gate/connection.js'
export { mayBeTriedAgain, RookeryError, type ErrorCode, type ErrorFacts } from './protocol/errors.js'
