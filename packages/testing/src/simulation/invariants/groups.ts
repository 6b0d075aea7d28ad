// Invariants 1, 10, 14, 22 to 24 and 26, for groups: each member has exactly the messages of its memberships, whether
// they came through the inbox or through the group's own timeline.
import type { Invariants, Report } from './invariants.js'
import { keyOf, messagesOf, type Observed } from '../observed.js'
import type { Talk } from '../talks.js'

export const checkGroups: Invariants = (observed, report) => {
  for (const talk of observed.talks.values()) {
    if (!talk.isGroup) continue
    everythingForMembers(observed, talk, report)
    // If no device received some message, the checker does not know who was a member then.
    if (talk.hole === null) nothingForOthers(observed, talk, report)
  }
  historyHasNoHoles(observed, report)
  timelinesIncludeAcknowledged(observed, report)
}

/** 22 to 24 */
function nothingForOthers({ messages }: Observed, talk: Talk, report: Report): void {
  for (const { user, message, how } of messages) {
    if (message.conversationId !== talk.conversationId) continue
    const { seq, asOf } = message
    const place = `${talk.conversationId} ${seq}`
    if (!talk.isFor(user, seq)) report(...foreign(talk, user, seq, `${user} was given ${place} (${how})`))
    else if (asOf !== undefined && !talk.isFor(user, asOf))
      report(22, `${user} was given ${place} as it was changed at ${asOf}, outside the membership`)
  }
}

function foreign({ stays }: Talk, user: string, seq: number, what: string): [number, string] {
  const own = stays.get(user)
  if (own === undefined) return [24, `${what}, and never was a member`]
  const before = own.filter(({ to }) => to < seq)
  if (before.length > 0) return [22, `${what}, sequenced after the removal at ${before.at(-1)!.to}`]
  return [23, `${what}, sequenced before the membership`]
}

/** 1, 10 and 26: in the inbox up to where the group crossed, in the timeline from there on, and nothing in both. */
function everythingForMembers(observed: Observed, talk: Talk, report: Report): void {
  const { inboxes, timelines } = observed
  const { conversationId, head } = talk
  const crossed = crossingOf(observed, conversationId)
  const acknowledged = acknowledgedIn(observed, conversationId)
  for (const [user, stays] of talk.stays) {
    const entries = inboxes.get(user)
    if (entries === undefined) continue
    const written = seqsOf(messagesOf(entries).filter((message) => message.conversationId === conversationId))
    const read = seqsOf(timelines.get(user)?.[conversationId] ?? [])
    for (const seq of written) {
      if (seq >= crossed)
        report(26, `${user} has ${conversationId} ${seq} in the inbox, which was crossed at ${crossed}`)
      if (read.has(seq)) report(26, `${user} has ${conversationId} ${seq} in the inbox and in the timeline`)
    }
    for (const seq of read)
      if (seq < crossed) report(26, `${user} has ${conversationId} ${seq} in the timeline, crossed at ${crossed} only`)
    for (const { joined, to } of stays) {
      // The server sends nothing more of a timeline that the device no longer follows.
      const last = to === Infinity ? head : Math.min(to, crossed - 1)
      for (let seq = joined; seq <= last; seq++) {
        if (written.has(seq) || read.has(seq)) continue
        const isAcknowledged = acknowledged.has(seq)
        report(
          isAcknowledged ? 1 : 10,
          `${user} does not have ${conversationId} ${seq}${isAcknowledged ? ', which was acknowledged' : ''}`,
        )
      }
    }
  }
}

const seqsOf = (messages: readonly { readonly seq: number }[]): Set<number> => new Set(messages.map(({ seq }) => seq))

/** The first message that is in no inbox: everyone who was a member then must follow from before it. */
function crossingOf({ inboxes }: Observed, conversationId: string): number {
  let crossed = Infinity
  for (const entries of inboxes.values())
    for (const { kind, conversationId: of, from } of entries)
      if (kind === 'follow' && of === conversationId) crossed = Math.min(crossed, from! + 1)
  return crossed
}

function acknowledgedIn({ keys }: Observed, conversationId: string): Set<number> {
  const seqs = new Set<number>()
  for (const { sends } of keys.values())
    for (const { answer } of sends)
      if (answer?.ok === true && answer.data.conversationId === conversationId) seqs.add(answer.data.seq)
  return seqs
}

/** 23: a page of history leaves out nothing that its reader may read, up to its end. */
function historyHasNoHoles({ requests, talks }: Observed, report: Report): void {
  for (const { event, body, answer, connection } of requests) {
    if (event !== 'history' || answer?.ok !== true) continue
    const after = (body as { after?: number }).after
    const talk = talks.get(body.conversationId)
    const { messages = [], more } = answer.data
    if (talk === undefined || talk.hole !== null || after === undefined) continue
    const given = seqsOf(messages)
    const last = messages.at(-1)?.seq ?? 0
    for (let seq = after + 1; seq <= last; seq++) {
      if (given.has(seq) || folded.has(talk.message(seq)!.type) || !talk.isFor(connection.user, seq)) continue
      report(23, `${connection.user} was given a page of ${body.conversationId} without ${seq}`)
    }
    if (more && messages.length === 0) report(23, `${connection.user} was told of more than an empty page`)
  }
}

const folded: ReadonlySet<string> = new Set(['im.recall', 'im.edit', 'im.reaction'])

/** 14, for the timelines that a pull names. */
function timelinesIncludeAcknowledged({ requests, keys, talks }: Observed, report: Report): void {
  const acks: { index: number; conversationId: string; seq: number; key: string }[] = []
  for (const { user, key, sends } of keys.values())
    for (const { event, answer } of sends)
      if (event === 'c2g' && answer?.ok === true)
        acks.push({
          index: answer.index,
          conversationId: answer.data.conversationId,
          seq: answer.data.seq,
          key: keyOf(user, key),
        })
  for (const { event, body, index, answer, connection } of requests) {
    if (event !== 'pull' || answer?.ok !== true || answer.data.more || answer.data.reset) continue
    const { user, device } = connection
    const to = new Map(Object.entries(body.timelines ?? {}))
    for (const { conversationId, seq } of answer.data.timelines ?? []) to.set(conversationId, seq)
    for (const ack of acks) {
      const at = to.get(ack.conversationId)
      if (ack.index >= index || at === undefined || at >= ack.seq) continue
      const stay = talks
        .get(ack.conversationId)
        ?.stays.get(user)
        ?.find(({ joined, to: end }) => joined <= at + 1 && ack.seq <= end)
      // The page belongs to the last membership; a member who was away in between hears of it in the inbox.
      if (stay?.to === Infinity)
        report(
          14,
          `${device} pulled ${ack.conversationId} to the end at ${at}, without ${ack.key}, acknowledged before`,
        )
    }
  }
}
