// The names of what other services may call.

/** As they stand behind the prefix in a message pattern. */
export const methods = [
  'sendC2C',
  'sendC2G',
  'sendSystem',
  'recall',
  'edit',
  's2c',
  'kick',
  'revokeToken',
  'presence',
  'history',
  'conversations',
  'conversationId',
  'groups.create',
  'groups.get',
  'groups.update',
  'groups.dissolve',
  'groups.add',
  'groups.remove',
  'groups.leave',
  'groups.role',
  'groups.mute',
  'groups.members',
  'groups.changed',
] as const

export type Method = (typeof methods)[number]
