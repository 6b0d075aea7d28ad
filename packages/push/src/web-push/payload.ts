// What the service worker gets, as JSON, never longer than a push service takes.
import type { PushRequest } from '@rookery/core'

/** Bytes of plaintext that fit into a record of 4,096 bytes, encrypted. */
export const plaintextBytesMax = 3993

/** Body text is dropped from its end where it is too long, then that of the title; null if even that is not enough. */
export function payloadOf({ id, collapse, notification }: PushRequest): string | null {
  const { kind, title, body, badge, silent, data } = notification
  const written = (shownTitle: string, shownBody: string): string =>
    JSON.stringify({ id, collapse, kind, title: shownTitle, body: shownBody, badge, silent, data })
  return longest(body, (text) => written(title, text)) ?? longest(title, (text) => written(text, ''))
}

/** The JSON with as many characters of a text as fit. */
function longest(text: string, written: (text: string) => string): string | null {
  const fits = (json: string): boolean => Buffer.byteLength(json) <= plaintextBytesMax
  if (fits(written(text))) return written(text)
  if (!fits(written(''))) return null
  // More code units than bytes never fit; a pair of surrogates stays whole.
  const characters = Array.from(text.slice(0, plaintextBytesMax))
  let low = 0
  let high = characters.length
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(written(`${characters.slice(0, middle).join('')}…`))) low = middle
    else high = middle - 1
  }
  const short = written(`${characters.slice(0, low).join('')}…`)
  return fits(short) ? short : written('')
}
