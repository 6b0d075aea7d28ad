// Where a handler's parameters come from: our own decorators, Nest's `@MessageBody()`, and the host's.
import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { CallArguments } from './call.js'

const argsOf = (context: ExecutionContext): CallArguments => context.getArgs<[...CallArguments]>()

/** The session that sends or asks: an `ImSession`. */
export const Sender: () => ParameterDecorator = createParamDecorator((_: unknown, context) => argsOf(context)[0])

/**
 * The message that the handler is called for: `Draft`, with `clientMsgId`, `from`, `to`, `subject`, `type`, `content`. Its
 * content is as it came, before any pipe. Of an edit also `edits`, the place of the message. Null for topics and on connect.
 */
export const ImMessage: () => ParameterDecorator = createParamDecorator((_: unknown, context) => argsOf(context)[2])

/** What the message became: `Sent`, with `msgId`, `conversationId`, `seq`, `serverTime`. In after-handlers only. */
export const Stored: () => ParameterDecorator = createParamDecorator(
  (_: unknown, context) => argsOf(context)[2]?.stored,
)

/** Where Nest's parameter decorators, of websockets, microservices and HTTP alike, write what they want. */
export const parametersKey = '__routeArguments__'

// Nest's numbers of the parameters that mean something here.
const request = 0
const body = 3
const headers = 6
const ip = 11

/** Gives Nest's own parameters: `@MessageBody()`, `@Payload()` and `@Body()` the content, `@Headers()` and `@Ip()` the session's. */
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
