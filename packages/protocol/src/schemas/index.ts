// The schemas of the wire, on zod.
export { check } from './check.js'
export { answerSchemas, errorSchema } from './answers.js'
export { entrySchema } from './entries.js'
export { eventSchemas } from './events.js'
export { answerFault, eventFault, refusalFault } from './frames.js'
export {
  controlSchemas,
  conversationSchema,
  groupSchema,
  memberSchema,
  messageSchema,
  userPresenceSchema,
} from './messages.js'
export { handshakeSchema, requestSchemas } from './requests.js'
export { absent, jsonValue, longId, shortId } from './values.js'
// For schemas beside these: a process that loads zod once starts sooner.
export {
  array,
  boolean,
  custom,
  extend,
  int,
  literal,
  looseObject,
  maximum,
  minimum,
  omit,
  optional,
  record,
  refine,
  regex,
  strictObject,
  string,
  union,
} from 'zod/mini'
