// A user's own marks on a conversation: the read position, and whether it is pinned, muted or hidden. The user's
// devices get an entry for each change.
import { type JsonText, type RequestOf, RookeryError, type UserId } from '@rookery/protocol'
import { requestDigest } from '../../model/digest.js'
import { receiptJson } from '../../model/events.js'
import { conversationJson } from '../../model/wire.js'
import type { Timing } from '../../options/limits.js'
import type { Clock } from '../../ports/clock.js'
import { type Authoriser, notFound, peerOf } from '../access/authorise.js'
import type { Committed } from '../delivery/committed.js'
import type { FanOut } from '../delivery/fan-out.js'
import { commitOne } from '../storing/commit.js'
import type { Writer } from '../storing/writer.js'
import type { Naming } from './naming.js'

interface Parts {
  readonly naming: Naming
  readonly authoriser: Authoriser
  readonly writer: Writer
  readonly committed: Committed
  readonly fanOut: Pick<FanOut, 'hint'>
  readonly clock: Clock
  readonly timing: Timing
}

export class OwnMarks {
  constructor(private readonly parts: Parts) {}

  /** Moves the read position forward, never back. In a c2c conversation the other user gets a `receipt`. */
  async read(userId: UserId, { conversationId, seq }: RequestOf<'read'>): Promise<JsonText> {
    const { authoriser, writer, clock, timing, committed, fanOut } = this.parts
    const conversation = await authoriser.member(userId, conversationId)
    const at = clock.now()
    const op = { op: 'read', userId, conversationId, seq, at } as const
    return commitOne(writer, clock, timing.sendDeadlineMs, op, (result) => {
      if (result.status === 'not-member') throw notFound()
      const { readSeq, unread, atSeq, inboxSeq } = result
      if (inboxSeq !== null) {
        committed(op, result)
        const peer = peerOf(conversation.users, userId)
        if (conversation.users.length === 2)
          fanOut.hint([peer], 'receipt', receiptJson({ conversationId, userId, readSeq }))
      }
      return JSON.stringify({ readSeq, unread, atSeq })
    })
  }

  /** Changes the user's settings of a conversation. Answers the conversation with them. */
  async update(userId: UserId, request: RequestOf<'conversation.update'>): Promise<JsonText> {
    const { authoriser, writer, clock, timing, committed, naming } = this.parts
    const { clientMsgId, ...change } = request
    const { conversationId } = change
    await authoriser.member(userId, conversationId)
    const digest = requestDigest('conversation.update', change)
    const at = clock.now()
    const key = clientMsgId === undefined ? {} : { key: { clientMsgId, digest: digest.text } }
    const op = { op: 'settings', userId, ...change, at, ...key } as const
    await commitOne(writer, clock, timing.sendDeadlineMs, op, (result) => {
      if (result.status === 'not-member') throw notFound()
      if (result.status === 'duplicate') {
        if (!digest.matches(result.digest))
          throw new RookeryError('CONFLICT', 'this clientMsgId was used for another request')
        return
      }
      if (result.inboxSeq !== null) committed(op, result)
    })
    return conversationJson(await naming.view(userId, conversationId))
  }
}
