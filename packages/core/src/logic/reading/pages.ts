// Pages as JSON text, cut where they grow over their bytes.
import type { JsonText } from '@rookery/protocol'

/** Texts joined to a JSON array, at most `bytesMax` (at least one text), from the front or from the back. */
export function cutPage(
  texts: readonly JsonText[],
  bytesMax: number,
  from: 'front' | 'back',
): { readonly json: JsonText; readonly count: number } {
  let bytes = 2
  let count = 0
  while (count < texts.length) {
    const text = texts[from === 'front' ? count : texts.length - 1 - count]!
    bytes += Buffer.byteLength(text) + 1
    if (bytes > bytesMax && count > 0) break
    count++
  }
  const kept =
    count === texts.length ? texts : from === 'front' ? texts.slice(0, count) : texts.slice(texts.length - count)
  return { json: `[${kept.join(',')}]`, count }
}
