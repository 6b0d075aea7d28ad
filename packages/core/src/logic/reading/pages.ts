// Pages as JSON text, cut at a limit of bytes.
import type { JsonText } from '@rookery/protocol'

/**
 * Joins texts into a JSON array of at most `bytesMax` bytes, but at least one text. It takes them from the front or
 * from the back.
 */
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
