// What other services may call: the methods of ImService that do not belong to one process, each with the form of its
// request. Requests are objects, so that a service in any language can write them.
import {
  array,
  check,
  extend,
  jsonValue,
  literal,
  longId,
  looseObject,
  optional,
  requestSchemas,
  shortId,
  strictObject,
  string,
} from '@rookery/protocol/schemas'
import type { ImService } from '../im.service.js'
import type { Method } from './methods.js'

/** Runs a checked request. */
export type Call = (im: ImService, request: unknown) => Promise<unknown>

/** A write needs a key: a broker delivers a message again, and it must not be done again. */
const key = { clientMsgId: shortId }
/** Only the key is checked here. ImService checks what it is given. */
const keyed = looseObject(key)
const group = looseObject({ ...key, groupId: longId })
const forUser = strictObject({ userId: longId })
const userIds = array(longId)
const event = { userId: longId, topic: shortId, payload: jsonValue }
const live = strictObject({ ...event, persist: optional(literal(false)) })
const stored = strictObject({ ...event, persist: literal(true), ...key })

export const calls: Readonly<Record<Method, Call>> = {
  sendC2C: (im, request) => im.sendC2C(check(keyed, request) as never),
  sendC2G: (im, request) => im.sendC2G(check(keyed, request) as never),
  sendSystem: (im, request) => im.sendSystem(check(keyed, request) as never),
  recall: (im, request) => im.recall(check(keyed, request) as never),
  edit: (im, request) => im.edit(check(keyed, request) as never),
  s2c: (im, request) => {
    const isStored = (request as { readonly persist?: unknown } | null)?.persist === true
    const { userId, topic, payload, ...options } = check(isStored ? stored : live, request)
    return im.s2c(userId, { topic, payload }, options)
  },
  kick: (im, request) => {
    const { userId, ...which } = check(extend(forUser, { deviceType: optional(shortId) }), request)
    return im.kick(userId, which as { deviceType?: string })
  },
  revokeToken: (im, request) => {
    const { userId, token } = check(extend(forUser, { token: optional(string()) }), request)
    return im.revokeToken(userId, token)
  },
  presence: (im, request) => im.presence(check(strictObject({ userIds }), request).userIds),
  history: (im, request) => im.history(check(requestSchemas.history, request) as never),
  conversations: (im, request) => {
    const { userId, ...page } = check(extend(requestSchemas.conversations, { userId: longId }), request)
    return im.conversations(userId, page as { cursor?: string; limit?: number })
  },
  conversationId: async (im, request) => {
    const { a, b, subject } = check(strictObject({ a: longId, b: longId, subject: optional(shortId) }), request)
    return im.conversationId(a, b, subject)
  },
  'groups.create': (im, request) => {
    const { clientMsgId, ...made } = check(keyed, request)
    return im.groups.create(made as never, { clientMsgId })
  },
  'groups.get': (im, request) => im.groups.get(check(requestSchemas['group.get'], request).groupId),
  'groups.update': (im, request) => {
    const { groupId, clientMsgId, ...profile } = check(group, request)
    return im.groups.update(groupId, profile, { clientMsgId })
  },
  'groups.dissolve': (im, request) => {
    const { groupId, clientMsgId } = check(strictObject({ ...key, groupId: longId }), request)
    return im.groups.dissolve(groupId, { clientMsgId })
  },
  'groups.add': (im, request) => {
    const { groupId, clientMsgId, userIds: added } = check(strictObject({ ...key, groupId: longId, userIds }), request)
    return im.groups.add(groupId, added, { clientMsgId })
  },
  'groups.remove': (im, request) => {
    const { groupId, clientMsgId, userIds: gone } = check(strictObject({ ...key, groupId: longId, userIds }), request)
    return im.groups.remove(groupId, gone, { clientMsgId })
  },
  'groups.leave': (im, request) => {
    const { groupId, clientMsgId, userId } = check(extend(forUser, { ...key, groupId: longId }), request)
    return im.groups.leave(groupId, userId, { clientMsgId })
  },
  'groups.role': (im, request) => {
    const { groupId, clientMsgId, userId, role } = check(extend(requestSchemas['group.role'], key), request)
    return im.groups.role(groupId, userId, role, { clientMsgId })
  },
  'groups.mute': (im, request) => {
    const { groupId, clientMsgId, ...mute } = check(extend(requestSchemas['group.mute'], key), request)
    return im.groups.mute(groupId, mute as { userId?: string; until: number }, { clientMsgId })
  },
  'groups.members': (im, request) => {
    const { groupId, ...page } = check(requestSchemas['group.members'], request)
    return im.groups.members(groupId, page as { cursor?: string; limit?: number })
  },
  'groups.changed': (im, request) => {
    const { groupId, clientMsgId } = check(strictObject({ ...key, groupId: longId }), request)
    return im.groups.changed(groupId, { clientMsgId })
  },
}
