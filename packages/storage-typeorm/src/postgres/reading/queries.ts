// Every read by its name, which is also that of its prepared statement.
import { list, views } from './conversations.js'
import { group, memberOf, members, memberships, owned, roster } from './groups.js'
import { access, devices, readers, sharing } from './members.js'
import {
  conversationHeads,
  entryAt,
  follows,
  followsAfter,
  heads,
  inbox,
  inboxListed,
  key,
  loginEpoch,
  messagesAfter,
  messagesAfterListed,
  messagesBefore,
  messagesBeforeListed,
  reactions,
  seenAfter,
  seenAfterListed,
  seenBefore,
  seenBeforeListed,
  timeline,
  timelineListed,
} from './timelines.js'

export const queries = {
  inbox,
  inboxListed,
  messagesAfter,
  messagesAfterListed,
  messagesBefore,
  messagesBeforeListed,
  seenAfter,
  seenAfterListed,
  seenBefore,
  seenBeforeListed,
  timeline,
  timelineListed,
  follows,
  followsAfter,
  conversationHeads,
  reactions,
  heads,
  entryAt,
  key,
  loginEpoch,
  views,
  list,
  access,
  sharing,
  readers,
  group,
  roster,
  memberships,
  members,
  memberOf,
  owned,
  devices,
}

export type QueryName = keyof typeof queries
export type ArgsOf<Name extends QueryName> = Parameters<(typeof queries)[Name]['values']>[0]
export type ResultOf<Name extends QueryName> = ReturnType<(typeof queries)[Name]['decode']>
