// Builds what core looks up for each message from the methods that the explorer found: at most one function for each
// key.
import type { AfterSend, AnswerTopic, BeforeSend, Draft, Handlers, Logger, OnConnect as Connect } from '@rookery/core'
import { type CallArguments, type CalledMessage, CallSession } from './call.js'
import type { Handler } from './explorer.js'
import type { Runner } from './runner.js'
import { isThenable } from './thenable.js'

type Kind = 'c2c' | 'c2g'

/** Means every type that has no handler of its own. */
const everyOther = ''

/**
 * Combines the host's handlers; those given as an option run first. Returns undefined if there are none: then core
 * keeps nothing for handlers.
 */
export function composeHandlers(
  found: readonly Handler[],
  given: Handlers | undefined,
  logger: Logger,
): Handlers | undefined {
  if (found.length === 0) return given
  const before = byType(found, 'before', (runners) => runAll(runners))
  const after = byType(found, 'after', (runners) => runEach(runners, logger))
  const topics = new Map(
    found.flatMap(({ declaration, run }): [string, AnswerTopic][] =>
      declaration.on === 'topic' ? [[declaration.topic, answer(declaration.topic, run)]] : [],
    ),
  )
  const connects = found.filter(({ declaration }) => declaration.on === 'connect').map(({ run }) => run)
  const connect = connectAll(given, connects)
  return {
    before: (kind, type) => inTurn(given?.before(kind, type), before[kind].get(type) ?? before[kind].get(everyOther)),
    after: (kind, type) => both(given?.after(kind, type), after[kind].get(type) ?? after[kind].get(everyOther)),
    topic: (topic) => given?.topic(topic) ?? topics.get(topic),
    ...(connect === undefined ? {} : { connect }),
  }
}

/** Handlers for every type run before handlers for one type. */
function byType<T>(
  found: readonly Handler[],
  on: 'before' | 'after',
  make: (runners: readonly Handler[]) => T,
): Record<Kind, ReadonlyMap<string, T>> {
  const of = (kind: Kind): ReadonlyMap<string, T> => {
    const all = found.filter(({ declaration: one }) => one.on === on && one.kind === kind)
    const typeOf = ({ declaration: one }: Handler): string => (one.on === on ? (one.type ?? everyOther) : everyOther)
    const general = all.filter((handler) => typeOf(handler) === everyOther)
    const made = new Map<string, T>(general.length === 0 ? [] : [[everyOther, make(general)]])
    for (const type of new Set(all.map(typeOf)))
      if (type !== everyOther) made.set(type, make([...general, ...all.filter((handler) => typeOf(handler) === type)]))
    return made
  }
  return { c2c: of('c2c'), c2g: of('c2g') }
}

/** Runs the handlers one after the other. Each sees the content as the one before returned it. */
function runAll(handlers: readonly Handler[]): BeforeSend {
  const [only] = handlers
  if (handlers.length === 1) return runOne(only!)
  return async (session, draft) => {
    let changed: Record<string, unknown> | undefined
    for (const { run } of handlers) {
      const given = await run(args(session, copy(draft, changed), draft.type))
      changed = contentOf(given) ?? changed
    }
    return changed
  }
}

// The only handler needs no copy of the draft, and a result that comes synchronously goes on synchronously.
const runOne =
  ({ run }: Handler): BeforeSend =>
  (session, draft) => {
    const given = run(args(session, draft, draft.type))
    return isThenable(given) ? Promise.resolve(given).then(contentOf) : contentOf(given)
  }

// Every value except undefined and null counts as content: core refuses what cannot be content.
const contentOf = (given: unknown): Record<string, unknown> | undefined =>
  given === undefined || given === null ? undefined : asJson(given)

const copy = (draft: Draft, content = draft.content): Draft => ({ ...draft, content: structuredClone(content) })

// Reads what a handler returns as JSON, as Nest does with every result: handlers may return instances of DTOs and
// dates.
const asJson = (given: unknown): Record<string, unknown> => JSON.parse(JSON.stringify(given) ?? 'null')

/** Runs every handler: when one fails, the others run all the same. */
function runEach(handlers: readonly Handler[], logger: Logger): AfterSend {
  return async (session, draft, sent) => {
    for (const { run, name } of handlers)
      try {
        await run(args(session, { ...copy(draft), stored: sent }, draft.type))
      } catch (error) {
        logger.error('an after-handler failed; the message is stored', error, { handler: name, msgId: sent.msgId })
      }
  }
}

const answer =
  (topic: string, run: Runner): AnswerTopic =>
  async (session, payload) =>
    run([new CallSession(session), payload, null, topic])

function connectAll(given: Handlers | undefined, runners: readonly Runner[]): Connect | undefined {
  if (runners.length === 0) return given?.connect
  return async (session) => {
    await given?.connect?.(session)
    for (const run of runners) await run([new CallSession(session), undefined, null, 'connect'])
  }
}

const args = (session: Parameters<BeforeSend>[0], message: CalledMessage & Draft, pattern: string): CallArguments => [
  new CallSession(session),
  message.content,
  message,
  pattern,
]

function inTurn(first: BeforeSend | undefined, second: BeforeSend | undefined): BeforeSend | undefined {
  if (first === undefined || second === undefined) return first ?? second
  return async (session, draft) => {
    const changed = await first(session, copy(draft))
    return (await second(session, copy(draft, changed ?? draft.content))) ?? changed
  }
}

function both(first: AfterSend | undefined, second: AfterSend | undefined): AfterSend | undefined {
  if (first === undefined || second === undefined) return first ?? second
  return async (session, draft, sent) => {
    // The second promise never rejects: it logs every error itself.
    await Promise.all([first(session, copy(draft), sent), second(session, draft, sent)])
  }
}
