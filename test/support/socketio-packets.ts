// The text packets of engine.io 4 and socket.io 5 (the protocol versions of socket.io 4). Decodes only what tells where
// a packet belongs.

/** One socket.io packet: the fields before its JSON, and the JSON as bytes. */
export interface Packet {
  /** `0` connected, `1` disconnected, `2` event, `3` answer, `4` refused. */
  readonly type: string
  /** `/` if the packet names none. */
  readonly namespace: string
  /** Joins a request and its answer; null if the sender wants no answer. */
  readonly id: number | null
  /** Empty if there is none. A view: copy it to keep it. */
  readonly json: Buffer
}

const COMMA = 0x2c
const SLASH = 0x2f
const ZERO = 0x30
const NINE = 0x39

/**
 * @param bytes an engine.io message with its leading `4`
 * @throws Error for a binary packet, which the default parser never sends
 */
export function readPacket(bytes: Buffer): Packet {
  const type = bytes[1]
  if (type === undefined || type < ZERO || type > ZERO + 4) {
    throw new Error(`not a socket.io text packet: ${bytes.toString('utf8', 0, 40)}`)
  }
  let at = 2
  let namespace = '/'
  if (bytes[at] === SLASH) {
    const comma = bytes.indexOf(COMMA, at)
    const end = comma === -1 ? bytes.length : comma
    namespace = bytes.toString('latin1', at, end)
    at = end + 1
  }
  const idAt = at
  let id = 0
  for (let digit = bytes[at]; digit !== undefined && digit >= ZERO && digit <= NINE; digit = bytes[++at]) {
    id = id * 10 + digit - ZERO
  }
  return {
    type: String.fromCharCode(type),
    namespace,
    id: at === idAt ? null : id,
    json: bytes.subarray(at),
  }
}

/** The text before the JSON of a packet: `42/im,7`. @param id null if no answer is wanted */
export function packetHead(type: string, namespace: string, id: number | null): string {
  return `4${type}${namespace === '/' ? '' : `${namespace},`}${id ?? ''}`
}
