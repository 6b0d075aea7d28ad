// What came by the inbox and by conversation timelines, in order and without a hole. Rules:
// 1. An entry is taken only when it is the next one; at or below the position it is a repeat and is dropped.
// 2. The position is committed together with what it covers.
// 3. A timeline ends where its `unfollow` says; what lies behind belongs to a later membership.
import type { Entry, Message, Pulled, PulledTimeline } from '@rookery/protocol'
import { receive, type Coming } from './receive.js'
import type { Step } from './step.js'
import { told } from './unread.js'

/** What is to be done after entries or messages that came live. */
export type After = 'nothing' | 'ack' | 'pull'

/** Live entries. */
export async function takeEntries(step: Step, entries: readonly Entry[]): Promise<After> {
  let after: After = 'nothing'
  for (const entry of entries) {
    if (entry.seq <= step.meta.seq) continue
    if (entry.seq !== step.meta.seq + 1) return 'pull'
    await takeEntry(step, entry, { isLive: true })
    after = 'ack'
  }
  return after
}

/** Live messages of a timeline. */
export async function takeTimeline(step: Step, id: string, messages: readonly Message[]): Promise<After> {
  let after: After = 'nothing'
  for (const message of messages) {
    const at = step.timeline(id)
    if (at === undefined || message.seq <= at.seq) continue
    if (message.seq !== at.seq + 1) return 'pull'
    await receive(step, message, { isLive: true })
    moveTimeline(step, id, message.seq)
    after = 'ack'
  }
  return after
}

/**
 * A page of `pull`.
 * @param named the positions of timelines under which it was asked for
 * @returns false where a timeline began anew on it: what the page has of that one does not follow on what is held
 */
export async function takePage(step: Step, page: Pulled, named: Readonly<Record<string, number>>): Promise<boolean> {
  const coming: Coming = { mine: page.mine, isLive: false }
  if (page.truncated) dropMessages(step)
  for (const entry of page.entries)
    if (entry.seq > step.meta.seq && (page.truncated || entry.seq === step.meta.seq + 1))
      await takeEntry(step, entry, coming)
  let isWhole = true
  for (const timeline of page.timelines) {
    const at = step.timeline(timeline.conversationId)?.seq
    if (at !== undefined && at < (named[timeline.conversationId] ?? 0)) isWhole = false
    else await takePulledTimeline(step, timeline, coming)
  }
  const { meta } = step
  if (page.seq > meta.seq && (page.truncated || page.entries.length === 0)) {
    const { at: _at, ...rest } = meta
    step.meta = { ...rest, seq: page.seq, epoch: page.epoch }
  } else if (meta.epoch !== page.epoch) step.meta = { ...meta, epoch: page.epoch }
  return isWhole
}

async function takePulledTimeline(step: Step, timeline: PulledTimeline, coming: Coming): Promise<void> {
  const { conversationId: id, messages, seq, truncated } = timeline
  const at = step.timeline(id)
  const first = messages[0]?.seq ?? seq
  // It belongs to a membership that began after the one that ended on this page: its own entry comes later.
  if (at === undefined || first > (at.end ?? Infinity)) return
  if (truncated) {
    cutConversation(step, id)
    moveTimeline(step, id, Math.max(at.seq, first - 1))
  }
  for (const message of messages) {
    const now = step.timeline(id)
    if (now === undefined || message.seq <= now.seq) continue
    await receive(step, message, coming)
    moveTimeline(step, id, message.seq)
  }
  const now = step.timeline(id)
  if (now !== undefined && seq > now.seq) moveTimeline(step, id, seq)
}

async function takeEntry(step: Step, entry: Entry, coming: Coming): Promise<void> {
  step.meta = { ...step.meta, seq: entry.seq, at: entry.at }
  switch (entry.kind) {
    case 'message':
      return receive(step, entry.message, coming)
    case 'read': {
      const row = step.conversation(entry.conversationId)
      if (row !== undefined) step.put(told(row, entry))
      return
    }
    case 'conversation': {
      const row = step.conversation(entry.conversationId)
      const { pinned, muted, hidden } = entry
      // A message that came by its own timeline may have shown it again already.
      const isUnsure = hidden && step.timeline(entry.conversationId) !== undefined
      if (row !== undefined)
        step.put({ ...row, pinned, muted, hidden, flagsAt: entry.seq, ...(isUnsure && { isStale: true as const }) })
      return
    }
    case 'follow':
      step.putTimeline(entry.conversationId, { conversationId: entry.conversationId, seq: entry.from })
      return
    case 'unfollow': {
      const row = step.timeline(entry.conversationId)
      if (row === undefined) return
      step.putTimeline(entry.conversationId, { ...row, end: entry.to })
      moveTimeline(step, entry.conversationId, row.seq)
      return
    }
    case 'custom':
      step.signals.push({ kind: 'custom', topic: entry.topic, payload: entry.payload })
  }
}

/** A timeline that has come to its end is not followed any more. */
function moveTimeline(step: Step, id: string, seq: number): void {
  const row = step.timeline(id)
  if (row === undefined) return
  if (seq >= (row.end ?? Infinity)) step.putTimeline(id, null)
  else step.putTimeline(id, { ...row, seq })
}

/** Retention took entries that this device never saw: what it holds of messages may be out of date. */
function dropMessages(step: Step): void {
  step.clearMessages()
  step.meta = { ...step.meta, isListed: false }
  for (const row of step.conversations()) step.put({ ...row, isStale: true })
}

function cutConversation(step: Step, id: string): void {
  step.cut(id)
  const row = step.conversation(id)
  if (row !== undefined) step.put({ ...row, isStale: true })
}
