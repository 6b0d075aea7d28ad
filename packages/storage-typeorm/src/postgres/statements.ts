// The text of every prepared statement, by name. The most frequent ones come first.
import type { Tables } from '../rows/tables.js'
import type { Functions } from './migrations/names.js'
import { queries } from './reading/queries.js'
import { appendTypes } from './writing/append.js'
import { appendKnownTypes } from './writing/append-known.js'
import { lockTypes } from './writing/batch.js'
import { heldStatement } from './writing/held.js'
import { makeTypes } from './writing/make.js'
import { applyTypes } from './writing/others.js'

const call = (name: string, types: readonly string[]): string =>
  `SELECT * FROM ${name}(${types.map((type, index) => `$${index + 1}::${type}`).join(', ')})`

export const writingStatements = (t: Tables, f: Functions): Readonly<Record<string, string>> => ({
  append: call(f.append, appendTypes),
  'append-known': call(f.appendKnown, appendKnownTypes),
  make: call(f.make, makeTypes),
  lock: call(f.lock, lockTypes),
  apply: call(f.apply, applyTypes),
  // Proves that the server takes writes: it writes a stored value again.
  prove: `UPDATE ${t.meta} SET epoch = epoch`,
  held: heldStatement(t),
  // For a batch of which the database refuses an operation.
  begin: 'BEGIN',
  savepoint: 'SAVEPOINT apart',
  back: 'ROLLBACK TO SAVEPOINT apart',
  release: 'RELEASE SAVEPOINT apart',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
})

export const readingStatements = (t: Tables): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(queries).map(([name, definition]) => [name, definition.sql(t)]))
