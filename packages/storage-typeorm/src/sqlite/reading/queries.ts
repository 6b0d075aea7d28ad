// Every read by its name, on both sides of the thread.
import type { ReadArgs, ReadName, ReadResult } from '../../reads.js'
import type { SqliteDatabase } from '../driver.js'
import { tablesOf } from '../../rows/tables.js'
import { list, views } from './conversations.js'
import { group, memberOf, memberships, owned, page as members, roster } from './groups.js'
import { access, devices, readers, sharing } from './members.js'
import { push, pushBehind } from './push.js'
import type { Query } from './query.js'
import { messages, timeline } from './ranges.js'
import {
  conversationHeads,
  entryAt,
  follows,
  followsAfter,
  heads,
  inbox,
  key,
  loginEpoch,
  reactions,
} from './timelines.js'

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
} satisfies { readonly [Name in ReadName]: Query<ReadArgs<Name>, never, ReadResult<Name>> }

/** The reading connection. Most calls run one statement. */
export class Reader {
  readonly #prepared = new Map<string, (args: never) => string>()

  constructor(db: SqliteDatabase, tablePrefix: string) {
    const tables = tablesOf(tablePrefix)
    for (const [name, definition] of Object.entries(queries)) this.#prepared.set(name, definition.prepare(db, tables))
  }

  /** Answers JSON text for the query's `decode`. */
  read(name: string, args: string): string {
    const run = this.#prepared.get(name)
    if (!run) throw new Error(`there is no query ${name}`)
    return run(JSON.parse(args) as never)
  }
}
