// Checks whether a server's frames follow the protocol: for tests, fakes and codecs.
import type { z } from 'zod/mini'
import { answerSchemas, errorSchema } from './answers.js'
import { eventSchemas } from './events.js'

const faultsOf = (schema: z.ZodMiniType, value: unknown): string | null => {
  const { error } = schema.safeParse(value)
  if (error === undefined) return null
  return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
}

/**
 * What is wrong with an event of the server, in one line; null where nothing is. Entries and messages of one event must
 * be consecutive.
 */
export function eventFault(event: string, payload: unknown): string | null {
  if (!isOf(eventSchemas, event)) return `${event} is no event of the server`
  const fault = faultsOf(eventSchemas[event], payload)
  if (fault !== null) return `${event}: ${fault}`
  if (event === 'entries') return gap(event, (payload as { entries: { seq: number }[] }).entries)
  if (event === 'timeline') return gap(event, (payload as { messages: { seq: number }[] }).messages)
  return null
}

/** What is wrong with an answer to a request, in one line; null where nothing is. */
export function answerFault(event: string, answer: unknown): string | null {
  if (typeof answer !== 'object' || answer === null || !('ok' in answer)) return `${event}: is no answer`
  if (answer.ok === false) {
    const fault = 'error' in answer ? faultsOf(errorSchema, answer.error) : 'has no error'
    return fault === null ? null : `the error of ${event}: ${fault}`
  }
  if (answer.ok !== true || !('data' in answer)) return `${event}: is no answer`
  if (!isOf(answerSchemas, event)) return `${event} is no request`
  const fault = faultsOf(answerSchemas[event], answer.data)
  return fault === null ? null : `the answer to ${event}: ${fault}`
}

/** What is wrong with the `data` of a refused handshake, in one line; null where nothing is. */
export function refusalFault(data: unknown): string | null {
  const fault = faultsOf(errorSchema, data)
  return fault === null ? null : `the refusal: ${fault}`
}

function gap(event: string, placed: readonly { readonly seq: number }[]): string | null {
  const at = placed.findIndex(({ seq }, i) => i > 0 && seq !== placed[i - 1]!.seq + 1)
  return at === -1 ? null : `${event}: ${placed[at]!.seq} follows ${placed[at - 1]!.seq}`
}

const isOf = <Schemas extends object>(schemas: Schemas, name: string): name is Extract<keyof Schemas, string> =>
  Object.hasOwn(schemas, name)
