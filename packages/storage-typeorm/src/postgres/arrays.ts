// Lists as PostgreSQL's binary arrays. They need no escapes, so text stays unchanged, and a batch of hundreds of values
// is one parameter that costs little on both sides. The layout is that of array_send in the server.

const int4 = 23
const int8 = 20
const text = 25
const headerBytes = 20
const empty = (type: number): Buffer => {
  const buffer = Buffer.alloc(12)
  buffer.writeInt32BE(type, 8)
  return buffer
}
const noInt4 = empty(int4)
const noInt8 = empty(int8)
const noText = empty(text)

function writeHeader(buffer: Buffer, type: number, length: number): void {
  buffer.writeInt32BE(1, 0)
  // The server reads the values themselves, not this flag.
  buffer.writeInt32BE(0, 4)
  buffer.writeInt32BE(type, 8)
  buffer.writeInt32BE(length, 12)
  buffer.writeInt32BE(1, 16)
}

export function int4Array(values: readonly number[]): Buffer {
  const { length } = values
  if (length === 0) return noInt4
  const buffer = Buffer.allocUnsafe(headerBytes + 8 * length)
  writeHeader(buffer, int4, length)
  let at = headerBytes
  for (const value of values) {
    at = buffer.writeInt32BE(4, at)
    at = buffer.writeInt32BE(value, at)
  }
  return buffer
}

/** Safe integers only. */
export function int8Array(values: readonly (number | null)[]): Buffer {
  const { length } = values
  if (length === 0) return noInt8
  const buffer = Buffer.allocUnsafe(headerBytes + 12 * length)
  writeHeader(buffer, int8, length)
  let at = headerBytes
  for (const value of values) {
    if (value === null) {
      at = buffer.writeInt32BE(-1, at)
      continue
    }
    at = buffer.writeInt32BE(8, at)
    at = buffer.writeInt32BE(Math.floor(value / 0x1_0000_0000), at)
    at = buffer.writeUInt32BE(value >>> 0, at)
  }
  return at === buffer.length ? buffer : buffer.subarray(0, at)
}

/** Well-formed text without NUL only. */
export function textArray(values: readonly (string | null)[]): Buffer {
  const { length } = values
  if (length === 0) return noText
  let bytesMax = headerBytes + 4 * length
  // A code unit of UTF-16 has at most three bytes in UTF-8.
  for (const value of values) if (value !== null) bytesMax += 3 * value.length
  const buffer = Buffer.allocUnsafe(bytesMax)
  writeHeader(buffer, text, length)
  let at = headerBytes
  for (const value of values) {
    if (value === null) {
      at = buffer.writeInt32BE(-1, at)
      continue
    }
    const bytes = buffer.write(value, at + 4)
    buffer.writeInt32BE(bytes, at)
    at += 4 + bytes
  }
  return buffer.subarray(0, at)
}

/** Reads an array of numbers in a query's answer, such as `{1,2,NULL}`. */
export function numbersOf(shown: string): (number | null)[] {
  if (shown === '{}') return []
  const parts = shown.slice(1, -1).split(',')
  const values = new Array<number | null>(parts.length)
  for (let i = 0; i < parts.length; i += 1) values[i] = parts[i] === 'NULL' ? null : Number(parts[i])
  return values
}
