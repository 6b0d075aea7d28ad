// The rows of a page as one text, which the server makes at little more cost than rows, and which this process reads at
// half of what reading rows costs it. Contents travel in it as strings and are never taken apart.
//
// Packed, values stand one after another between characters that JSON text cannot contain and that no id has. Where one
// does contain them all the same, its row has another number of values: then the page is read again, listed.
import type { Columns } from './columns.js'
import type { Row } from './row.js'

/** Between rows, between the values of a row, and between those of its last value, which holds what rows seldom have. */
const recordSeparator = '\x1e'
const unitSeparator = '\x1f'
const seldomSeparator = '\x1d'

/** A page cannot be taken apart as it was packed: it has to be read listed. */
export class Ambiguous extends Error {
  override readonly name = 'Ambiguous'
}

/** A way in which rows become one text. */
export interface PageText {
  /** The aggregate of these columns over the rows. Of a column that may be null no value is empty. */
  aggregate(columns: Columns): string
  /**
   * The rows of the text, none where it is null. Null may be shown as the empty text, and the values behind those that
   * rows often have may be missing: then they are null.
   * @throws Ambiguous
   */
  rowsIn(text: string | null | undefined, columns: Columns): readonly Row[]
}

export const packed: PageText = {
  aggregate({ often, seldom, behind }) {
    const isAny = seldom.map((column) => `${column} IS NOT NULL`).join(' OR ')
    const rest = `CASE WHEN ${isAny} THEN ${concat([...seldom, ...behind], '\\x1d')} END`
    return `string_agg(${concat([...often, rest], '\\x1f')}, E'\\x1e')`
  },
  rowsIn(text, { often, seldom, behind }) {
    if (text === null || text === undefined) return []
    return text.split(recordSeparator).map((record) => {
      const row = record.split(unitSeparator)
      if (row.length !== often.length + 1) throw new Ambiguous('a row of a page has another number of values')
      const rest = row.pop()
      if (rest === undefined || rest === '') return row
      const values = rest.split(seldomSeparator)
      if (values.length !== seldom.length + behind.length)
        throw new Ambiguous('a row of a page has another number of seldom values')
      return [...row, ...values]
    })
  },
}

const concat = (values: readonly string[], separator: string): string => `concat(${values.join(`, E'${separator}', `)})`

export const listed: PageText = {
  aggregate: ({ often, seldom, behind }) =>
    `json_agg(ARRAY[${[...often, ...seldom, ...behind].map((column) => `(${column})::text`).join(', ')}])`,
  rowsIn: (text) => (text === null || text === undefined ? [] : (JSON.parse(text) as Row[])),
}
