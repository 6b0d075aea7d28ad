// How the load speaks to each kind of server: what it sends, how it recognises an answer, and how it finds the messages
// in an event.

/**
 * Every body begins with this mark and the sender's number of the message in eight digits, so that the load finds a
 * message in the bytes of an event without parsing it. 100 bytes in all.
 */
const MARK = '~~'
const DIGITS = 8
const BODY_BYTES = 100
const FILLER = 'x'.repeat(BODY_BYTES - MARK.length - DIGITS)

export interface Wire {
  readonly namespace: string
  /** The `auth` object of this user's only device. */
  auth(userId: string): unknown
  readonly sendEvent: string
  /** The JSON text of a message's only argument. @param number counts from 0 for each sender */
  message(from: string, to: string, number: number): string
  /** The start of the JSON of a positive answer. */
  readonly accepted: string
  /** The event that tells that a session is open; null if the connection alone does. */
  readonly readyEvent: string | null
  /** True if devices acknowledge what they receive, catch up on `sync`, and receive their own messages. */
  readonly inbox: boolean
}

/** @throws RangeError beyond eight digits */
export function bodyOf(number: number): string {
  if (number >= 10 ** DIGITS) throw new RangeError(`message ${number} of one sender`)
  return MARK + String(number).padStart(DIGITS, '0') + FILLER
}

/** The numbers of the messages in an event, in their order. */
export function numbersIn(json: Buffer): number[] {
  const numbers: number[] = []
  for (let at = json.indexOf(MARK); at !== -1; at = json.indexOf(MARK, at + BODY_BYTES)) {
    let number = 0
    for (let digit = at + MARK.length; digit < at + MARK.length + DIGITS; digit++)
      number = number * 10 + json[digit]! - 48
    numbers.push(number)
  }
  return numbers
}

/** The hand-written gateway and the relay. */
const room: Wire = {
  namespace: '/',
  auth: (userId) => ({ token: userId }),
  sendEvent: 'msg',
  message: (from, to, number) => `{"to":"${to}","clientId":"${from}-${number}","body":"${bodyOf(number)}"}`,
  accepted: '[{"id":',
  readyEvent: null,
  inbox: false,
}

/** Rookery, as docs/protocol.md says. */
const rookery: Wire = {
  namespace: '/im',
  auth: (userId) => ({ token: userId, deviceId: `${userId}-d`, deviceType: 'phone', protocol: 1 }),
  sendEvent: 'c2c',
  message: (from, to, number) =>
    `{"clientMsgId":"${from}-${number}","to":"${to}","type":"text","content":{"text":"${bodyOf(number)}"}}`,
  accepted: '[{"ok":true',
  readyEvent: 'ready',
  inbox: true,
}

export const wires = { room, rookery } as const
export type WireName = keyof typeof wires
