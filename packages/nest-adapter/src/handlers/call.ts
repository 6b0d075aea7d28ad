// What a handler's execution context holds: `[session, content, message, pattern]`. `switchToHttp().getRequest()` and
// `switchToWs().getClient()` are the session, `switchToWs().getData()` is the content, `getPattern()` the pattern.
// `switchToHttp().getResponse()` takes what is written to a response, and nobody is answered with it.
import type { Draft, ImSession, Sent } from '@rookery/core'

/** The message that a handler is called for; null for a topic and on connect. */
export type CalledMessage = (Draft & { /** After the commit only. */ readonly stored?: Sent }) | null

/** The arguments of one call, and so of its execution context. The pattern is the type, the topic, or `connect`. */
export type CallArguments = readonly [session: CallSession, content: unknown, message: CalledMessage, pattern: string]

/**
 * The session as one call sees it: a guard may write on it as it does on an HTTP request, without changing the session of
 * others, and it is what a request-scoped provider gets as `REQUEST`.
 */
export class CallSession implements ImSession {
  readonly sessionId: string
  readonly userId: string
  readonly deviceId: string
  readonly deviceType: string
  user: unknown
  readonly headers: ImSession['headers']
  readonly ip: string

  constructor(session: ImSession) {
    this.sessionId = session.sessionId
    this.userId = session.userId
    this.deviceId = session.deviceId
    this.deviceType = session.deviceType
    this.user = session.user
    this.headers = session.headers
    this.ip = session.ip
  }

  /** A header, as Express and Fastify requests give it. */
  get(name: string): string | readonly string[] | undefined {
    return this.headers[name.toLowerCase()]
  }

  header(name: string): string | readonly string[] | undefined {
    return this.get(name)
  }
}
