// Checks the tables that have our names when chat starts: all of ours must be there, and a table of the host must not
// be changed.

/** Columns that identify a table as ours. It has them in every version and every dialect. */
const marks = {
  meta: ['epoch', 'login_epoch'],
  user: ['user_id', 'head', 'floor', 'login_epoch'],
  conversation: ['conversation_id', 'last_seq', 'countable'],
  member: ['conversation', 'from_seq', 'read_seq', 'cleared_seq'],
  message: ['conversation', 'seq', 'msg_id', 'client_msg_id'],
  inbox: ['seq', 'conversation', 'conversation_seq', 'body'],
  key: ['client_msg_id', 'digest', 'conversation'],
  device: ['device_id', 'device_type', 'delivered_from'],
  edit: ['conversation', 'target', 'seq'],
  reaction: ['conversation', 'control_seq', 'reaction'],
  follow: ['person', 'conversation'],
  push: ['device_id', 'token_hash', 'pushed_to'],
  exceptional: ['conversation', 'seq', 'recalled'],
  mention: ['conversation', 'seq'],
  migrations: ['timestamp', 'name'],
} as const

type Marked = keyof typeof marks

/** Tables by their names, each with the names of its columns. */
export type Found = ReadonlyMap<string, ReadonlySet<string>>

/**
 * Tables of a dialect that has no others.
 * @param without tables that this dialect does not make
 */
export const ownTables = (
  tables: Partial<Readonly<Record<Marked, string>>>,
  without: readonly Marked[] = [],
): Readonly<Record<string, Marked>> =>
  Object.fromEntries(
    (Object.keys(marks) as Marked[])
      .filter((key) => tables[key] !== undefined && !without.includes(key))
      .map((key) => [tables[key]!, key]),
  )

/**
 * Refuses to start where a table of the host has one of our names.
 * @throws Error of one line with its remedy
 */
export function refuseForeign(own: Readonly<Record<string, Marked>>, found: Found): void {
  for (const [name, columns] of found) {
    const lacks = marks[own[name]!].filter((column) => !columns.has(column))
    if (lacks.length > 0) {
      throw new Error(
        `the table ${name} is not chat's, for it has no column ${lacks.join(', ')}; give chat another tablePrefix, such as 'chat_'`,
      )
    }
  }
}

/**
 * Refuses to start where our tables are there without the table that tells their version.
 * @throws Error of one line with its remedy
 */
export function refuseUnknown(own: Readonly<Record<string, Marked>>, found: Found): void {
  const migrations = nameOf(own, 'migrations')
  if (found.size === 0 || found.has(migrations)) return
  throw new Error(
    `${[...found.keys()].join(', ')} are there, and ${migrations}, which tells their version, is not: restore it from a backup, or give chat another tablePrefix, such as 'chat_'; if you need none of the data, drop them`,
  )
}

/**
 * Refuses to start where a table of ours is gone.
 * @throws Error of one line with its remedy
 */
export function refuseLoss(own: Readonly<Record<string, Marked>>, found: Found): void {
  const gone = Object.keys(own).filter((name) => !found.has(name))
  if (gone.length === 0) return
  throw new Error(
    `${gone.join(', ')} ${gone.length === 1 ? 'is' : 'are'} gone, though ${nameOf(own, 'migrations')} says that they were made: restore from a backup; if you need none of the data, drop ${Object.keys(own).join(', ')}, and start again`,
  )
}

const nameOf = (own: Readonly<Record<string, Marked>>, key: Marked): string =>
  Object.keys(own).find((name) => own[name] === key)!
