// The requests of one session, as `Requests` counts them.
import type { JsonText } from '@rookery/protocol'
import type { Bucket } from './bucket.js'

/** Takes an answer's JSON text, once. */
export type Reply = (json: JsonText) => void

/** A request as it came. */
export interface Request {
  readonly event: string
  readonly args: readonly unknown[]
  readonly answer: Reply | undefined
  /** Its number among the requests of its session. */
  readonly arrival: number
}

export class SessionRequests {
  /** How many requests it has made. */
  made = 0
  unanswered = 0
  /** Its rate; null before its first request, and if the node has none. */
  bucket: Bucket | null = null
}
