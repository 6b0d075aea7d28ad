// c2s: a client asks the business server, and the host's handler of the topic answers.
import { type JsonText, type RequestOf, RookeryError } from '@rookery/protocol'
import { isLongerThan } from '../../model/json.js'
import type { Limits } from '../../options/limits.js'
import type { Handlers, ImSession } from '../../ports/host.js'
import type { Deadlines } from './deadlines.js'

export class Topics {
  constructor(
    private readonly handlers: Handlers | null,
    private readonly deadlines: Deadlines,
    private readonly limits: Limits,
  ) {}

  /**
   * The result of the handler as JSON text; `null` where it returned nothing.
   * @throws RookeryError `NOT_FOUND` for a topic without a handler; `TOO_LARGE`
   */
  async answer(session: ImSession, { topic, payload, clientMsgId }: RequestOf<'c2s'>): Promise<JsonText> {
    const answer = this.handlers?.topic(topic)
    if (answer === undefined) throw new RookeryError('NOT_FOUND', 'no such topic')
    const { contentBytes } = this.limits
    if (isLongerThan(JSON.stringify(payload), contentBytes))
      throw new RookeryError('TOO_LARGE', `a payload may take ${contentBytes} bytes`)
    const given = await this.deadlines.within('the handler', answer(session, payload, clientMsgId ?? null))
    return JSON.stringify(given) ?? 'null'
  }
}
