// The decorators for the host's handlers. They write metadata and do nothing else.
import { declares } from './declarations.js'

/** Names the message type; without a type the handler gets messages of every type. */
export type OfType = string | { readonly type?: string }

const typeOf = (of: OfType | undefined): string | null => (typeof of === 'string' ? of : of?.type) ?? null

/**
 * Runs before the server stores a c2c message from a session. Throw to refuse the message; return an object to replace
 * its content; return nothing to keep it. Guards, pipes, interceptors and exception filters apply.
 *
 * The handler may run more than once for one message: a client may retry, and so may a commit. So whatever it writes
 * elsewhere must be idempotent. It does not run for what `ImService` sends, unless that call sets `checked: true`. It
 * must finish within the option `timing.handlerDeadlineMs`.
 *
 * It also runs for an edit of such a message, with the new content; `edits` of `@ImMessage()` is then the sequence of
 * the edited message. What the handler returns becomes the content of the edit. After-handlers do not run for edits.
 *
 * Several handlers may match one message. They run one after the other: first those for every type, then those for its
 * type, each group in the order in which the app lists modules, providers and methods. Each handler sees the content as
 * the one before returned it.
 *
 * @example `@OnC2C()` every type · `@OnC2C('offer')` · `@OnC2C({ type: 'offer' })`
 */
export const OnC2C = (of?: OfType): MethodDecorator => declares({ on: 'before', kind: 'c2c', type: typeOf(of) })

/** Like {@link OnC2C}, for messages to groups. */
export const OnC2G = (of?: OfType): MethodDecorator => declares({ on: 'before', kind: 'c2g', type: typeOf(of) })

/**
 * Runs after the server has stored and answered a c2c message. It runs at most once for each message: it does not run
 * if the process ends in between. Nothing waits for it. The server logs what it throws, and the message stays stored.
 * `@Stored()` gives the stored message's ids and sequence.
 */
export const AfterC2C = (of?: OfType): MethodDecorator => declares({ on: 'after', kind: 'c2c', type: typeOf(of) })

/** Like {@link AfterC2C}, for messages to groups. */
export const AfterC2G = (of?: OfType): MethodDecorator => declares({ on: 'after', kind: 'c2g', type: typeOf(of) })

/**
 * Answers requests of clients under a topic (c2s). The client gets the returned value as JSON; if the method throws,
 * the client gets the error. A topic has one handler: the app does not start if a second one exists.
 */
export const OnC2S = (topic: string): MethodDecorator => declares({ on: 'topic', topic })

/**
 * Runs before a session begins, after `authenticate`. Put guards on it to check who connects. A throw refuses the
 * client. If there are several, a client must pass all of them.
 */
export const OnConnect = (): MethodDecorator => declares({ on: 'connect' })
