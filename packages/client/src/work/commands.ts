// What the app asks for, carried out on this client's own store and connection.
import type { DataOf } from '@rookery/protocol'
import { takeConversation, takeHistory } from '../engine/answers.js'
import type { Engine } from './engine.js'
import { holds } from '../engine/runs.js'
import type { Step } from '../engine/step.js'
import { readLocally } from '../engine/unread.js'
import type { Commands, Outgoing } from '../ports/backend.js'
import type { Asker } from './asker.js'
import type { Sender } from './sender.js'

interface CommandParts {
  readonly engine: Engine
  readonly asker: Asker
  readonly sender: Sender
  readonly serverNow: () => number
  readonly open: () => Promise<void>
  readonly tell: (body: { readonly conversationId: string }) => void
}

/** The commands of a client that has its own connection. */
export function commandsOf(parts: CommandParts): Commands {
  const { engine, asker, sender } = parts
  const run = async <T>(take: (step: Step) => T | Promise<T>): Promise<T> => {
    await parts.open()
    return engine.run(take)
  }
  return {
    async send({ key, event, body }: Outgoing) {
      const clientTime = parts.serverNow()
      await run((step) =>
        step.putOutbox(body.clientMsgId, {
          clientMsgId: body.clientMsgId,
          key,
          order: step.lastOrder + 1,
          event,
          body: { ...body, clientTime },
          state: 'queued',
        }),
      )
      sender.push()
    },
    async retry(clientMsgId) {
      const isThere = await run((step) => {
        const row = step.outbox(clientMsgId)
        if (row?.state !== 'failed') return false
        const { error: _error, ...rest } = row
        step.putOutbox(clientMsgId, { ...rest, state: 'queued', order: step.lastOrder + 1 })
        return true
      })
      sender.push()
      return isThere
    },
    discard: (clientMsgId) =>
      run((step) => {
        const row = step.outbox(clientMsgId)
        const isFree = row?.state === 'failed' || (row?.state === 'queued' && sender.isUntouched(row))
        if (isFree) step.putOutbox(clientMsgId, null)
        return isFree
      }),
    seen: (conversationId, seq) =>
      run(async (step) => {
        const row = step.conversation(conversationId)
        if (row === undefined) return
        const to = Math.min(seq, row.seq)
        if (to <= row.readSeq) return
        const isHeld = holds(step.runs(conversationId), row.readSeq, to)
        const passed = isHeld ? await step.between(conversationId, row.readSeq + 1, to) : null
        step.put(readLocally(row, to, passed?.map(({ message }) => message) ?? null, step.me))
      }),
    opened: (conversationId) =>
      run((step) => {
        const row = step.conversation(conversationId)
        if (row !== undefined) step.put({ ...row, openedAt: parts.serverNow() })
      }),
    draft: (key, value) => run((step) => step.putDraft(key, value)),
    async history(asked) {
      await parts.open()
      const { conversationId } = asked
      for (;;) {
        const cut = engine.mirror.cutOf(conversationId)
        const head = engine.mirror.conversations.get(conversationId)?.seq ?? 0
        const answer = (await asker.ask('history', asked)) as DataOf<'history'>
        const isTaken = await engine.run(async (step) => {
          if (engine.mirror.cutOf(conversationId) !== cut) return false
          await takeHistory(step, { ...asked, head }, answer)
          return true
        })
        if (isTaken) return
      }
    },
    async ask(event, body, isRepeatable) {
      await parts.open()
      return asker.ask(event, body, { isRepeatable })
    },
    async find(target) {
      await parts.open()
      const askedAt = engine.mirror.meta.seq
      const found = (await asker.ask('conversation.get', target)) as DataOf<'conversation.get'>
      await engine.run((step) => takeConversation(step, found, askedAt))
      return found
    },
    tell: (_event, body) => {
      parts.tell(body)
      return Promise.resolve()
    },
  }
}
