// Every read by its name, which is also that of its prepared statement.
import { list, views } from './conversations.js'
import { access, devices, sharing } from './members.js'
import { entryAt, heads, inbox, key, loginEpoch, messagesAfter, messagesBefore } from './timelines.js'

export const queries = {
  inbox,
  messagesAfter,
  messagesBefore,
  heads,
  entryAt,
  key,
  loginEpoch,
  views,
  list,
  access,
  sharing,
  devices,
}

export type QueryName = keyof typeof queries
export type ArgsOf<Name extends QueryName> = Parameters<(typeof queries)[Name]['values']>[0]
export type ResultOf<Name extends QueryName> = ReturnType<(typeof queries)[Name]['decode']>
