// JSON from the host, and the length of texts.
import { depthMax } from '@rookery/protocol'

/** Whether a text takes more than `bytesMax` bytes in UTF-8. It counts bytes only where the length does not tell. */
export function isLongerThan(text: string, bytesMax: number): boolean {
  if (text.length * 3 <= bytesMax) return false
  return text.length > bytesMax || Buffer.byteLength(text) > bytesMax
}

/**
 * The host's value as JSON reads it: instances become plain objects, dates become text, and undefined fields are left
 * out. What JSON would spoil silently (non-finite numbers, functions, binary) stays as it is, so that the check refuses
 * it.
 */
export function plainJson(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > depthMax) return value
  if (ArrayBuffer.isView(value)) return value
  if ('toJSON' in value && typeof value.toJSON === 'function') return plainJson(value.toJSON(''), depth + 1)
  if (Array.isArray(value)) return value.map((item) => plainJson(item, depth + 1))
  const plain: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value))
    if (item !== undefined)
      Object.defineProperty(plain, key, {
        value: plainJson(item, depth + 1),
        enumerable: true,
        writable: true,
        configurable: true,
      })
  return plain
}
