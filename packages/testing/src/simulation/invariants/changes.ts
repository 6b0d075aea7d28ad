// Invariants 14, 15, 22 and 27, for changed messages: a message shows what its sender wrote, with every change folded
// in up to its `asOf`, and the reader's own reactions beside it; the content of a recalled message never appears again.
import type { Invariants, Report } from './invariants.js'
import { messagesOf, type GivenMessage, type Observed } from '../observed.js'
import type { Talk, Told } from '../talks.js'

export const checkChanges: Invariants = (observed, report) => {
  const acknowledged = acknowledgedChanges(observed)
  for (const given of observed.messages) {
    const talk = observed.talks.get(given.message.conversationId)!
    const { message } = given
    if (message.withheld === true) {
      if (message.content !== undefined) report(22, `${placeOf(given)} was withheld with its content`)
    } else if (talk.message(message.seq)?.msgId !== message.msgId)
      // Two messages in one place break another invariant.
      continue
    else if (message.type === 'im.edit') ofEdit(talk, given, acknowledged, report)
    else if (!message.type.startsWith('im.')) {
      asItStands(talk, given, report)
      asNew(talk, given, acknowledged, report)
    }
  }
  ownReactions(observed, report)
}

/**
 * For each conversation and changed message: its changes, with the place in the history where each was acknowledged.
 */
type Acknowledged = ReadonlyMap<string, readonly (Told & { readonly index: number })[]>

const placeOf = ({ user, how, message }: GivenMessage): string =>
  `${message.conversationId} ${message.seq}, given to ${user} (${how}),`

/** 15 and 27 */
function asItStands(talk: Talk, given: GivenMessage, report: Report): void {
  const { message } = given
  const { asOf = 0, recalled = false } = message
  const told = talk.changes.get(message.seq) ?? []
  if (asOf !== 0 && !told.some(({ seq }) => seq === asOf)) {
    // If a message was recalled before any device received its edit, the recalled edit no longer shows the new content.
    const by = talk.message(asOf)
    if (by !== undefined && !(by.type === 'im.edit' && by.content === undefined))
      report(15, `${placeOf(given)} stands as of ${asOf}, which did not change it`)
    return
  }
  const state = talk.state(message.seq, asOf)
  if (recalled && message.content !== undefined) report(27, `${placeOf(given)} is recalled and says what it said`)
  if (recalled !== state.isRecalled)
    report(state.isRecalled ? 27 : 15, `${placeOf(given)} is ${recalled ? '' : 'not '}recalled as of ${asOf}`)
  if (recalled || state.isRecalled) return
  if (state.isKnown && canonical(message.content) !== canonical(state.content))
    report(15, `${placeOf(given)} says ${canonical(message.content)} as of ${asOf}, not ${canonical(state.content)}`)
  if (canonical(message.reactions ?? {}) !== canonical(state.reactions))
    report(15, `${placeOf(given)} has ${canonical(message.reactions)} as of ${asOf}, not ${canonical(state.reactions)}`)
}

/** 15: after everything has settled, a page's list of own reactions agrees with its messages. */
function ownReactions({ history, requests, talks }: Observed, report: Report): void {
  const settled = history.findIndex(({ t }) => t === 'settled')
  if (settled === -1) return
  for (const { event, index, answer, connection } of requests) {
    if (index < settled || answer?.ok !== true || (event !== 'pull' && event !== 'history')) continue
    const { entries, timelines = [], messages = [], mine = {} } = answer.data
    const page = [
      ...(event === 'pull' ? messagesOf(entries) : []),
      ...timelines.flatMap((one) => one.messages),
      ...messages,
    ]
    for (const { conversationId, seq, msgId, asOf, recalled, withheld } of page) {
      const talk = talks.get(conversationId)!
      if (asOf === undefined || recalled === true || withheld === true || talk.hole !== null) continue
      const own = [...talk.state(seq, asOf).reactedBy].flatMap(([one, by]) => (by.has(connection.user) ? [one] : []))
      const told = [...(mine[msgId] ?? [])].sort()
      if (told.join('\n') !== own.sort().join('\n'))
        report(15, `${connection.user} reacted to ${conversationId} ${seq} with [${own.join()}], told [${told.join()}]`)
    }
  }
}

/** 14 and 27: a change that was acknowledged before a reader asked is folded in. */
function asNew(talk: Talk, given: GivenMessage, acknowledged: Acknowledged, report: Report): void {
  const { user, how, message, askedIndex } = given
  if (how === 'live') return
  for (const { index, seq, kind } of acknowledged.get(`${message.conversationId} ${message.seq}`) ?? []) {
    if (index >= askedIndex || seq <= (message.asOf ?? 0) || !talk.isFor(user, seq)) continue
    report(
      kind === 'recall' ? 27 : 14,
      `${placeOf(given)} stands as of ${message.asOf ?? 0}, after its ${kind} at ${seq}`,
    )
  }
}

/** 27: an edit of a recalled message no longer shows the content. */
function ofEdit(talk: Talk, given: GivenMessage, acknowledged: Acknowledged, report: Report): void {
  const { message, how, askedIndex } = given
  if (how === 'live' || message.content === undefined) return
  const { seq } = message.content as { seq: number }
  const recall = acknowledged.get(`${talk.conversationId} ${seq}`)?.find(({ kind }) => kind === 'recall')
  if (recall !== undefined && recall.index < askedIndex)
    report(27, `${placeOf(given)} edits ${seq}, which was recalled, and still says what it said`)
}

function acknowledgedChanges({ requests, talks }: Observed): Acknowledged {
  const found = new Map<string, (Told & { index: number })[]>()
  for (const { event, body, answer } of requests) {
    if ((event !== 'recall' && event !== 'edit' && event !== 'react') || answer?.ok !== true) continue
    const told = talks.get(body.conversationId)?.changes.get(body.seq)
    const one = told?.find(({ seq }) => seq === answer.data.seq)
    if (one === undefined) continue
    const name = `${body.conversationId} ${body.seq}`
    found.set(name, [...(found.get(name) ?? []), { ...one, index: answer.index }])
  }
  return found
}

/** JSON text in which the order of keys does not matter. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
