// Where a handler's parameters get their values: from our own decorators, from Nest's such as `@MessageBody()`, and
// from the host's.
import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { CallArguments } from './call.js'

const argsOf = (context: ExecutionContext): CallArguments => context.getArgs<[...CallArguments]>()

/** Injects the session that sends or asks: an `ImSession`. */
export const Sender: () => ParameterDecorator = createParamDecorator((_: unknown, context) => argsOf(context)[0])

/**
 * Injects the message that the handler runs for: a `Draft` with `clientMsgId`, `from`, `to`, `subject`, `type`,
 * `content`. The content is the client's, before any pipe. For an edit it also has `edits`, the sequence of the edited
 * message. Null for topics and on connect.
 */
export const ImMessage: () => ParameterDecorator = createParamDecorator((_: unknown, context) => argsOf(context)[2])

/**
 * Injects what the server stored: a `Sent` with `msgId`, `conversationId`, `seq`, `serverTime`. In after-handlers only.
 */
export const Stored: () => ParameterDecorator = createParamDecorator(
  (_: unknown, context) => argsOf(context)[2]?.stored,
)

/**
 * The metadata key under which Nest's parameter decorators (websockets, microservices and HTTP) write what they want.
 */
export const parametersKey = '__routeArguments__'

// Nest's numbers of the parameter decorators that work here.
const request = 0
const body = 3
const headers = 6
const ip = 11

/**
 * Gives Nest's own decorators their values: `@MessageBody()`, `@Payload()` and `@Body()` get the content, `@Headers()`
 * and `@Ip()` those of the session.
 */
export const parametersFactory = {
  exchangeKeyForValue(type: number, data: unknown, args: CallArguments): unknown {
    const [session, content] = args
    switch (type) {
      case body:
        return picked(content, data)
      case request:
        return session
      case headers:
        return picked(session.headers, typeof data === 'string' ? data.toLowerCase() : data)
      case ip:
        return session.ip
      default:
        return undefined
    }
  },
}

const picked = (from: unknown, name: unknown): unknown =>
  typeof name === 'string' && typeof from === 'object' && from !== null ? (from as Record<string, unknown>)[name] : from
