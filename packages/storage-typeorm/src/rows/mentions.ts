// A message's mentions in one column: each id has a line end before and after it. No id contains a line end, so SQL
// finds an id with a plain text search.

/** @throws Error where an id contains a line end; the operation is refused. */
export function packMentions(mentions: readonly string[] | null): string | null {
  if (mentions === null) return null
  if (mentions.some((id) => id.includes('\n'))) throw new Error('a mentioned id contains a line end')
  return `\n${mentions.map((id) => `${id}\n`).join('')}`
}

export const unpackMentions = (text: string | null): string[] | null =>
  text === null ? null : text.split('\n').slice(1, -1)

/** The text that the column contains where this user is mentioned. */
export const mentionOf = (userId: string): string => `\n${userId}\n`
