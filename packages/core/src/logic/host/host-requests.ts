// Schemas for what the host's code gives. They check the same as for clients, but keys may be left out.
import {
  absent,
  array,
  extend,
  jsonValue,
  longId,
  omit,
  optional,
  requestSchemas,
  shortId,
  strictObject,
} from '@rookery/protocol/schemas'

const key = { clientMsgId: optional(shortId) }
const { c2c, c2g } = requestSchemas

export const hostSchemas = {
  c2c: extend(omit(c2c, { clientMsgId: true }), { from: longId, ...key }),
  c2g: extend(omit(c2g, { clientMsgId: true }), { from: longId, ...key }),
  system: extend(omit(c2c, { clientMsgId: true, subject: true }), { to: absent, conversationId: longId, ...key }),
  'group.create': extend(omit(requestSchemas['group.create'], { clientMsgId: true }), {
    owner: longId,
    members: optional(array(longId)),
  }),
  'group.get': requestSchemas['group.get'],
  'group.update': requestSchemas['group.update'],
  'group.members': requestSchemas['group.members'],
  'group.role': requestSchemas['group.role'],
  'group.mute': requestSchemas['group.mute'],
  userIds: array(longId),
  key: shortId,
  push: strictObject({ userId: longId, topic: shortId, payload: jsonValue }),
  history: requestSchemas.history,
  conversations: requestSchemas.conversations,
  recall: requestSchemas.recall,
  edit: requestSchemas.edit,
} as const
