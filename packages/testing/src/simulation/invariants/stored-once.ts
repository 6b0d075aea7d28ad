// Invariants 1 to 6: an acknowledged message is stored, once, as it was sent; a refused one is not.
import type { Invariants, Report } from './invariants.js'
import { isChanged, isDefinite, keyOf, messagesOf, saidOf, type Observed, type ObservedKey } from '../observed.js'

export const checkStoredOnce: Invariants = (observed, report) => {
  const byId = new Map<string, string>()
  for (const key of observed.keys.values()) {
    acknowledgedIsThere(observed, key, report)
    oneAnswer(key, report)
    for (const { answer } of key.sends) {
      if (answer?.ok !== true) continue
      const other = byId.get(answer.data.msgId)
      const name = keyOf(key.user, key.key)
      if (other !== undefined && other !== name) report(6, `keys ${other} and ${name} were taken for one`)
      byId.set(answer.data.msgId, name)
    }
  }
  for (const [user, entries] of observed.inboxes) {
    const seen = new Set<string>()
    for (const { from, via, clientMsgId } of messagesOf(entries)) {
      const key = `${via ?? 'client'} ${keyOf(from, clientMsgId)}`
      if (seen.has(key)) report(2, `${user} has ${key} twice`)
      seen.add(key)
    }
  }
  matchesASend(observed, report)
}

function acknowledgedIsThere({ inboxes }: Observed, { user, key, sends }: ObservedKey, report: Report): void {
  for (const { answer, body, event } of sends) {
    if (answer?.ok !== true || event === 'c2g') continue
    for (const member of new Set([user, body.to as string])) {
      const inbox = inboxes.get(member)
      if (inbox === undefined) continue
      const found = messagesOf(inbox).find(({ from, clientMsgId }) => from === user && clientMsgId === key)
      if (found === undefined) report(1, `${user} ${key} was acknowledged, and ${member} does not have it`)
      else if (found.msgId !== answer.data.msgId || found.seq !== answer.data.seq)
        report(5, `${user} ${key} was acknowledged as ${answer.data.seq}, and ${member} has it as ${found.seq}`)
    }
  }
}

function oneAnswer({ user, key, sends }: ObservedKey, report: Report): void {
  const answers = new Set<string>()
  const said = new Set<string>()
  for (const { answer, body } of sends) {
    if (answer?.ok !== true) continue
    const { msgId, conversationId, seq, serverTime } = answer.data
    answers.add(JSON.stringify([msgId, conversationId, seq, serverTime]))
    said.add(saidOf({ ...body, silent: false }))
  }
  if (answers.size > 1) report(5, `${user} ${key} was acknowledged as ${[...answers].join(' and ')}`)
  if (said.size > 1) report(5, `${user} ${key} was acknowledged for ${said.size} different messages`)
  const conflict = sends.find(({ answer }) => answer?.code === 'CONFLICT')
  if (conflict !== undefined && new Set(sends.map(({ body }) => saidOf({ ...body, silent: false }))).size === 1)
    report(5, `${user} ${key} was answered CONFLICT, and only one message was ever sent under it`)
}

function matchesASend({ keys, messages }: Observed, report: Report): void {
  const told = new Set<string>()
  for (const { user, message, index } of messages) {
    if (isChanged(message)) continue
    const name = `${user} ${message.msgId} ${message.clientMsgId} ${saidOf(message)}`
    if (told.has(name)) continue
    told.add(name)
    const key = keys.get(keyOf(message.from, message.clientMsgId))
    const attempts = (key?.sends ?? []).filter((send) => send.index < index)
    if (!attempts.some(({ body }) => saidOf(body) === saidOf(message)))
      report(3, `${user} was given ${message.from} ${message.clientMsgId}, which nobody sent like that`)
    else if (key!.sends.every(isDefinite))
      report(4, `${user} was given ${message.from} ${message.clientMsgId}, whose every attempt was refused for good`)
  }
}
