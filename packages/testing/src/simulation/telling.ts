// What each device reports at the end: everything that it can still read.
import type { SeededRandom } from '../seeded-random.js'
import type { Recorded, WireEntry, WireMessage, WireTimeline } from './history.js'
import { pageMax, type SimDevice } from './sim-device.js'
import { Timelines } from './timelines.js'

/** Pulls everything from zero, and records it. */
export async function recordFinal(device: SimDevice, record: (event: Recorded) => void): Promise<void> {
  const entries: WireEntry[] = []
  const timelines: Record<string, WireMessage[]> = {}
  const held = new Timelines()
  // The device goes on naming a group that it left, and nothing more comes of it: two empty pages are the end, too.
  for (let since = 0, more = true, empty = 0; more && empty < 2;) {
    const answer = await device.ask('pull', { since, timelines: held.held })
    if (answer?.ok !== true) return
    entries.push(...answer.data.entries)
    for (const entry of answer.data.entries) held.told(entry)
    const pages: readonly WireTimeline[] = answer.data.timelines
    for (const { conversationId, messages, seq } of pages) {
      for (const message of messages) (timelines[conversationId] ??= []).push(message)
      held.moved(conversationId, seq)
    }
    since = answer.data.seq
    more = answer.data.more
    const isEmpty = answer.data.entries.length === 0 && pages.every(({ messages }) => messages.length === 0)
    empty = isEmpty ? empty + 1 : 0
  }
  record({ t: 'final', user: device.user, device: device.deviceId, entries, timelines })
}

/** Reads the whole history of the groups that it knows. */
export async function readGroups(device: SimDevice, random: SeededRandom): Promise<void> {
  for (const conversationId of device.groups)
    for (let after = 0, more = true; more;) {
      const answer = await device.ask('history', { conversationId, after, limit: 1 + random.int(pageMax) })
      if (answer?.ok !== true) break
      after = answer.data.messages.at(-1)?.seq ?? after
      more = answer.data.more
    }
}
