// The rows of a page as one text. For the server it costs little more than rows; for this process it costs half. The
// content of a message stays a string in it, and is never parsed.
//
// In a packed text, characters that JSON text cannot contain, and that ids do not have, separate the values. Where a
// value contains such a character all the same, its row has a wrong number of values, and the storage reads the page
// again as a list.
import type { Columns } from './columns.js'
import type { Row } from './row.js'

/**
 * The characters between rows, between the values of a row, and between the parts of its last value. That value holds
 * what few rows have.
 */
const recordSeparator = '\x1e'
const unitSeparator = '\x1f'
const seldomSeparator = '\x1d'

/** The packed text of a page is ambiguous: the page has to be read as a list. */
export class Ambiguous extends Error {
  override readonly name = 'Ambiguous'
}

/** How rows become one text. */
export interface PageText {
  /** The aggregate of these columns over the rows. A column that may be null must have no empty value. */
  aggregate(columns: Columns): string
  /**
   * Reads the rows from the text; none if it is null. An empty text may mean null. The values behind those that most
   * rows have may be missing, which also means null.
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
