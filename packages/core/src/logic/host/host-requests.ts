// Schemas for what the host's code gives. They check the same as for clients, but keys may be left out.
import { absent, jsonValue, longId, requestSchemas, shortId, strictObject } from '@rookery/protocol/schemas'

const key = { clientMsgId: shortId.optional() }
const { c2c, c2g } = requestSchemas

export const hostSchemas = {
  c2c: c2c.omit({ clientMsgId: true }).extend({ from: longId, ...key }),
  c2g: c2g.omit({ clientMsgId: true }).extend({ from: longId, ...key }),
  system: c2c.omit({ clientMsgId: true, subject: true }).extend({ to: absent, conversationId: longId, ...key }),
  'group.create': requestSchemas['group.create']
    .omit({ clientMsgId: true })
    .extend({ owner: longId, members: longId.array().optional() }),
  'group.get': requestSchemas['group.get'],
  'group.update': requestSchemas['group.update'],
  'group.members': requestSchemas['group.members'],
  'group.role': requestSchemas['group.role'],
  'group.mute': requestSchemas['group.mute'],
  userIds: longId.array(),
  key: shortId,
  push: strictObject({ userId: longId, topic: shortId, payload: jsonValue }),
  history: requestSchemas.history,
  conversations: requestSchemas.conversations,
  recall: requestSchemas.recall,
  edit: requestSchemas.edit,
} as const
