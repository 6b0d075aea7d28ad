// Every read by its name, which is also that of its prepared statement.
import type { ReadArgs, ReadName, ReadResult } from '../../reads.js'
import { list, views } from './conversations.js'
import { group, memberOf, members, memberships, owned, roster } from './groups.js'
import { access, devices, readers, sharing } from './members.js'
import { push, pushBehind } from './push.js'
import type { Query } from './query.js'
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
  push,
  pushBehind,
} satisfies { readonly [Name in Exclude<ReadName, 'messages'>]: Query<ReadArgs<Name>, ReadResult<Name>> } & Readonly<
  Record<string, unknown>
>

export type QueryName = keyof typeof queries

/** The query that answers a read, with its arguments. */
export function queryFor<Name extends ReadName>(name: Name, args: ReadArgs<Name>): readonly [QueryName, unknown] {
  if (name !== 'messages') return [name as Exclude<Name, 'messages'>, args]
  const { conversationId, range } = args as ReadArgs<'messages'>
  const { reader, ...bounds } = range
  const isForward = bounds.after !== undefined && bounds.before === undefined
  return reader === undefined
    ? [isForward ? 'messagesAfter' : 'messagesBefore', { conversationId, range: bounds }]
    : [isForward ? 'seenAfter' : 'seenBefore', { conversationId, range: bounds, reader }]
}
