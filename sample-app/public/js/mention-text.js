// Mentions as users write them: an @ and a name, with or without punctuation after it.

/**
 * Splits the text into parts; a part that mentions somebody has the user id or `@all`.
 * @param {string} text
 * @param {(who: string) => boolean} isKnown whether there is such a user, or `@all`
 * @returns {{ text: string, who: string | null }[]}
 */
export function partsOf(text, isKnown) {
  return text.split(/(@[!-~]+)/).flatMap((part) => {
    if (!part.startsWith('@')) return part === '' ? [] : { text: part, who: null }
    for (let end = part.length; end > 1; end--) {
      const name = part.slice(0, end)
      const who = name === '@all' ? name : name.slice(1)
      if (isKnown(who))
        return [{ text: name, who }, ...(end < part.length ? [{ text: part.slice(end), who: null }] : [])]
      // Only punctuation that ends a sentence is no part of a name.
      if (!/[.,;:!?)'"]/.test(part[end - 1] ?? '')) break
    }
    return { text: part, who: null }
  })
}
