// Every read by its name.
import { list, views } from './conversations.js'
import { follows, followsAfter, group, memberOf, members, memberships, owned, reactions, roster } from './groups.js'
import { access, devices, readers, sharing } from './members.js'
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
}

export type QueryName = keyof typeof queries
type Parts<Name extends QueryName> =
  (typeof queries)[Name] extends Query<infer Args, infer Result> ? { args: Args; result: Result } : never
export type ArgsOf<Name extends QueryName> = Parts<Name>['args']
export type ResultOf<Name extends QueryName> = Parts<Name>['result']
