// Every read by its name.
import type { ReadArgs, ReadName, ReadResult } from '../../reads.js'
import { list, views } from './conversations.js'
import { follows, followsAfter, group, memberOf, members, memberships, owned, reactions, roster } from './groups.js'
import { access, devices, readers, sharing } from './members.js'
import { push, pushBehind } from './push.js'
import type { Query } from './query.js'
import { messages, timeline } from './ranges.js'
import { conversationHeads, entryAt, heads, inbox, key, loginEpoch } from './timelines.js'

export const queries = {
  inbox,
  messages,
  timeline,
  follows,
  followsAfter,
  heads,
  conversationHeads,
  reactions,
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
} satisfies { readonly [Name in ReadName]: Query<ReadArgs<Name>, ReadResult<Name>> }
