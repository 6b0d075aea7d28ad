// What a handler's execution context holds: `[session, content, message, pattern]`. `switchToHttp().getRequest()` and
// `switchToWs().getClient()` give the session, `switchToWs().getData()` gives the content, `getPattern()` gives the
// pattern. `switchToHttp().getResponse()` accepts every write, and sends nothing to anybody.
import type { Draft, ImSession, Sent } from '@rookery/core'

/** The message that Nest calls the handler for; null for a topic and on connect. */
export type CalledMessage = (Draft & { /** In after-handlers only. */ readonly stored?: Sent }) | null

/**
 * The arguments of one call, which are also those of its execution context. The pattern is the type, the topic, or
 * `connect`.
 */
export type CallArguments = readonly [session: CallSession, content: unknown, message: CalledMessage, pattern: string]

/**
 * The session as one call sees it. A guard may write properties on it, as it does on an HTTP request; other calls do
 * not see them. A request-scoped provider gets it as `REQUEST`.
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

  /** Reads a header, as Express and Fastify requests do. */
  get(name: string): string | readonly string[] | undefined {
    return this.headers[name.toLowerCase()]
  }

  header(name: string): string | readonly string[] | undefined {
    return this.get(name)
  }
}
