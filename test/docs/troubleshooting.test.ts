// docs/troubleshooting.md has every message that keeps an app from starting, and every warning and error of the log.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './root.js'
import { sources } from './source/declared.js'
import { errorsMade, logged, type Said } from './source/messages.js'

/** Errors that no operator and no host sees: they show a broken rule of our own code. */
const inside: ReadonlySet<string> = new Set([
  'a Rookery is started once',
  'a mentioned id contains a line end',
  'a read that is asked again knows how',
  'a user was not locked',
  'an operation had no result',
  'column … of a row is empty',
  'it threw …',
  'it was closed',
  'no answer in time',
  'no conversation to append a … message to',
  'one handshake for each connection',
  'start called on a storage that is …',
  'storage does not know what it has told',
  'storage is closed',
  'storage is not started',
  'the append function answered no row',
  'the apply function answered another number of operations',
  'the client is gone',
  'the cursor is none that this storage gave',
  'the database answered another number of statements',
  'the database is not open',
  'the login epoch was not locked',
  'the name leads inside',
  'the node is put together before it serves',
  'the outbox is not started',
  'there is no query …',
  'TypeORM opened no connection',
  'within() needs a running transaction of this outbox: begin() one.',
  'worker.js runs in a worker thread only',
  '… is not a whole number',
])

/** A message as the page writes it: `…` for each value, and no code marks inside code. */
const written = ({ words }: Pick<Said, 'words'>): string =>
  words
    .map((word) => word ?? '…')
    .join('')
    .replaceAll('`', '')
    .replaceAll(/…(?:[ .…]*…)?/g, '…')

const page = written({ words: [readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8')] })
// The command prints its own mistakes to whoever calls it; the client throws them in the app that embeds it.
const atStart = sources().filter(({ path }) => !path.includes('/cli/') && !path.startsWith('client/'))
const lines = atStart.flatMap(logged)
const errors = atStart.flatMap(errorsMade)
const outside = errors.filter((said) => !inside.has(written(said)))

const cases = (said: readonly Said[]): [string, string][] =>
  [...new Map(said.map((one) => [written(one), one.at]))].map(([text, at]) => [text, at])

describe('docs/troubleshooting.md', () => {
  it('is compared with what the source says', () => {
    expect(lines.length).toBeGreaterThan(40)
    expect(outside.length).toBeGreaterThan(100)
  })

  it.each(cases(lines))('has the line of the log: %s', (text, at) => expect(page.includes(text), at).toBe(true))

  it.each(cases(outside))('has the error: %s', (text, at) => expect(page.includes(text), at).toBe(true))

  it('leaves out only errors that exist', () => {
    const made = new Set(errors.map(written))
    expect([...inside].filter((text) => !made.has(text))).toEqual([])
  })

  it('has no message that the source does not have', () => {
    const said = [...lines, ...errors].map(written)
    const [ours] = page.split('## A client does not connect\n\n|')
    const cells = [...ours!.matchAll(/^\| (?!Message|---)([^|]*?) \|/gm)].map(([, cell]) => cell!)
    expect(cells.length).toBeGreaterThan(100)
    // Passed on as the return value of a check.
    const given = ['origins must be a list', 'must be an origin such as', "must be an object of the driver's options"]
    expect(cells.filter((cell) => ![...said, ...given].some((text) => cell.includes(text)))).toEqual([])
  })
})
