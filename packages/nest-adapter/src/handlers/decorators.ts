// The decorators of the host's handlers. They write metadata and do nothing else.
import { declares } from './declarations.js'

/** Which messages: of one type, or of every type where none is named. */
export type OfType = string | { readonly type?: string }

const typeOf = (of: OfType | undefined): string | null => (typeof of === 'string' ? of : of?.type) ?? null

/**
 * Runs before a 1:1 message from a session is stored. Throw to refuse it; return an object to change its content; return
 * nothing to leave it. Guards, pipes, interceptors and exception filters apply.
 *
 * It may run more than once for one message (a client that tries again, a commit that does), so what it writes elsewhere
 * must bear repetition. What `ImService` sends passes by, unless it says `checked`. It has `timing.handlerDeadlineMs`.
 *
 * An edit of such a message passes it, too, with the new content; `edits` of `@ImMessage()` is then the sequence of the message
 * that is edited. What is returned is what the edit says. After-handlers do not run for edits.
 *
 * Several may match one message: they run one after the other, those for every type first, then those for its type, each
 * in the order in which the app lists modules, providers and methods, and each sees what the one before made of the content.
 *
 * @example `@OnC2C()` every type · `@OnC2C('offer')` · `@OnC2C({ type: 'offer' })`
 */
export const OnC2C = (of?: OfType): MethodDecorator => declares({ on: 'before', kind: 'c2c', type: typeOf(of) })

/** As {@link OnC2C}, for messages to groups. */
export const OnC2G = (of?: OfType): MethodDecorator => declares({ on: 'before', kind: 'c2g', type: typeOf(of) })

/**
 * Runs after a 1:1 message from a session was stored and answered, at most once for each: not at all where the process ends
 * in between. Nothing waits for it; what it throws is logged, and changes nothing. `@Stored()` gives what the message became.
 */
export const AfterC2C = (of?: OfType): MethodDecorator => declares({ on: 'after', kind: 'c2c', type: typeOf(of) })

/** As {@link AfterC2C}, for messages to groups. */
export const AfterC2G = (of?: OfType): MethodDecorator => declares({ on: 'after', kind: 'c2g', type: typeOf(of) })

/**
 * Answers what clients ask under a topic (c2s). What it returns, as JSON, is the answer; what it throws is the error. A
 * topic has one handler: a second one stops the start.
 */
export const OnC2S = (topic: string): MethodDecorator => declares({ on: 'topic', topic })

/**
 * Runs when a session is about to begin, after `authenticate`: the place for guards on connect. A throw refuses the client.
 * Where there are several, all must let it pass.
 */
export const OnConnect = (): MethodDecorator => declares({ on: 'connect' })
