// A race on a group: members are removed while eight others send, each over two connections on two nodes, and while
// others join. The test keeps everything that the removed members receive, in any way, and compares it with the place
// of the removal in the group.
import { expect } from 'vitest'
import type { Rookery } from '@rookery/core'
import { FakeDevice, type Wire } from '../fake-device.js'

export interface RemovalRace {
  /** Two nodes on one database that reach each other. */
  readonly nodes: readonly [Rookery, Rookery]
  /** The option `groups.joinersRead` of both nodes. */
  readonly joinersRead: 'from-now' | 'everything'
  /** The number of messages of each connection of a sender. Default: 15. */
  readonly messagesEach?: number
}

const senders = Array.from({ length: 8 }, (_, i) => `sender${i}`)
const leavers = ['gone0', 'gone1', 'gone2']
const joiners = ['new0', 'new1']

/**
 * Everything that a user can pull, with the timelines that the entries name; `all` is the raw text of it from the wire.
 */
async function pullAll(device: FakeDevice): Promise<{ readonly all: string; readonly messages: readonly Wire[] }> {
  const answers: Wire[] = []
  const messages: Wire[] = []
  const timelines: Record<string, number> = {}
  for (let since = 0, more = true; more;) {
    const page = await device.ask('pull', { since, timelines })
    answers.push(page)
    for (const entry of page.entries) {
      if (entry.kind === 'follow') timelines[entry.conversationId] = entry.from
      if (entry.kind === 'message') messages.push(entry.message)
    }
    for (const { conversationId, messages: read, seq } of page.timelines) {
      timelines[conversationId] = seq
      messages.push(...read)
    }
    const isNew = page.entries.some(({ kind }: Wire) => kind === 'follow')
    since = page.seq
    more = page.more || isNew
  }
  return { all: JSON.stringify(answers), messages }
}

/** Runs the race once, and expects that every user receives exactly its own messages. */
export async function raceWithRemoval({ nodes, joinersRead, messagesEach = 15 }: RemovalRace): Promise<void> {
  const connect = (node: number, userId: string, deviceType: string, since?: number): Promise<FakeDevice> =>
    FakeDevice.connect(nodes[node]!.gate, {
      token: userId,
      deviceId: `${userId}-${deviceType}`,
      deviceType,
      ...(since === undefined ? {} : { since }),
    })
  /** A phone on one node, a pc on the other. */
  const bothOf = (userId: string): Promise<FakeDevice[]> =>
    Promise.all([connect(0, userId, 'phone'), connect(1, userId, 'pc')])

  const owner = await connect(0, 'owner', 'phone')
  const group = await owner.ask('group.create', { name: 'race', members: [...senders, ...leavers] })
  const conversationId: string = group.groupId
  const talking = await Promise.all(senders.map(bothOf))
  const leaving = await Promise.all(leavers.map(bothOf))
  const joining = await Promise.all(joiners.map(bothOf))

  // Both connections of a sender send at once, and sometimes change or answer an earlier message.
  let said = 0
  let key = 0
  const half = Math.floor((senders.length * 2 * messagesEach) / 2)
  let reachHalf = (): void => {}
  const atHalf = new Promise<void>((resolve) => (reachHalf = resolve))
  const speak = async (device: FakeDevice, name: string): Promise<void> => {
    const mine: number[] = []
    for (let n = 0; n < messagesEach; n++) {
      const text = `said by ${name} ${n}.`
      const replyTo = n % 4 === 1 ? { replyTo: mine[0]! } : {}
      const mentions = n % 3 === 0 ? { mentions: [...leavers, '@all'] } : {}
      const clientMsgId = `race-${key++}`
      mine.push(
        (
          await device.ask('c2g', {
            clientMsgId,
            to: conversationId,
            type: 'text',
            content: { text },
            ...replyTo,
            ...mentions,
          })
        ).seq,
      )
      if (n % 5 === 2)
        await device.ask('edit', { conversationId, seq: mine[0], content: { text: `edited by ${name} ${n}.` } })
      if (n % 5 === 3) await device.ask('react', { conversationId, seq: mine[0], reaction: `by ${name} ${n}.` })
      if (n % 5 === 4) await device.ask('recall', { conversationId, seq: mine[1] })
      if (++said === half) reachHalf()
    }
  }
  const change = async (): Promise<void> => {
    await atHalf
    for (const [i, userId] of leavers.entries()) {
      const joiner = joiners[i]
      if (joiner !== undefined) await owner.ask('group.add', { groupId: conversationId, userIds: [joiner] })
      await owner.ask('group.remove', { groupId: conversationId, userIds: [userId] })
    }
  }
  await Promise.all([
    change(),
    ...talking.flatMap((devices, i) => devices.map((device, j) => speak(device, `${senders[i]}/${j}`))),
  ])
  await owner.ask('c2g', { clientMsgId: 'last', to: conversationId, type: 'text', content: { text: 'the last word.' } })

  // Everything in the order of sequences, including control messages, as the owner's devices receive it.
  const { messages: told } = await pullAll(await connect(1, 'owner', 'pc', 0))
  const live = [
    ...owner.entries.flatMap(({ message }) => message ?? []),
    ...owner.of('timeline').flatMap((p) => p.messages),
  ]
  const bySeq = new Map<number, Wire>(
    [...told, ...live].filter((m) => m.conversationId === conversationId).map((m) => [m.seq, m]),
  )
  const head = Math.max(...bySeq.keys())
  expect([...bySeq.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: head }, (_, i) => i + 1))
  const whereOf = (event: string, userId: string): number =>
    [...bySeq.values()].find(({ content }) => content?.event === event && content.userIds.includes(userId))!.seq

  /** The words that were sequenced outside a window; an edit made there counts by its own words. */
  const foreignTo = (from: number, to: number): string[] =>
    [...bySeq.values()]
      .filter(({ seq }) => seq < from || seq > to)
      .map(({ type, content }) => (type === 'im.edit' ? content.content.text : (content?.text ?? content?.reaction)))
      .filter((text): text is string => typeof text === 'string')
  const seqsUpTo = (to: number, from = 1): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

  for (const [i, userId] of leavers.entries()) {
    const removedAt = whereOf('removed', userId)
    const foreign = foreignTo(1, removedAt)
    expect(foreign.length).toBeGreaterThan(10)
    const away = await connect(i % 2, userId, 'pad', 0)
    const answers: Wire[] = []
    for (const device of [...leaving[i]!, away]) {
      const { all, messages } = await pullAll(device)
      // Everything up to the removal, and the removal itself; nothing after it.
      const seqs = messages.filter((m) => m.conversationId === conversationId).map(({ seq }) => seq)
      expect([userId, [...new Set(seqs)]]).toEqual([userId, seqsUpTo(removedAt)])
      for (const [event, request] of [
        ['history', { conversationId }],
        ['history', { conversationId, after: removedAt - 2 }],
        ['readers', { conversationId, seq: removedAt - 1 }],
        ['conversation.get', { conversationId }],
        ['conversation.get', { groupId: conversationId }],
        ['read', { conversationId, seq: head }],
        ['typing', { conversationId }],
        ['group.get', { groupId: conversationId }],
        ['group.members', { groupId: conversationId }],
        ['edit', { conversationId, seq: 2, content: {} }],
        ['react', { conversationId, seq: 2, reaction: 'x' }],
        ['recall', { conversationId, seq: 2 }],
        ['c2g', { clientMsgId: `late-${key++}`, to: conversationId, type: 'text', content: {}, replyTo: head }],
      ] as const)
        expect([event, await device.code(event, request)]).toEqual([event, 'NOT_FOUND'])
      answers.push(all)
      answers.push(await device.ask('conversations'))
      answers.push(await device.ask('pull', { since: 0, timelines: { [conversationId]: 0 } }))
      answers.push(await device.ask('pull', { since: 0, timelines: { [conversationId]: removedAt } }))
      answers.push(await device.ask('presence', { userIds: senders, subscribe: true }))
    }
    for (const { conversations } of answers.filter((answer) => answer.conversations)) expect(conversations).toEqual([])
    for (const { users } of answers.filter((answer) => answer.users))
      expect(users.filter(({ online }: Wire) => online)).toEqual([])
    const wire = JSON.stringify([answers, [...leaving[i]!, away].map(({ events }) => events)])
    expect([userId, foreign.filter((text) => wire.includes(`"${text}"`))]).toEqual([userId, []])
  }

  for (const [i, userId] of joiners.entries()) {
    const addedAt = whereOf('added', userId)
    const earlier = foreignTo(addedAt, head)
    expect(earlier.length).toBeGreaterThan(10)
    const away = await connect(i % 2, userId, 'pad', 0)
    for (const device of [...joining[i]!, away]) {
      const { all, messages } = await pullAll(device)
      const seqs = messages.filter((m) => m.conversationId === conversationId).map(({ seq }) => seq)
      expect([userId, [...new Set(seqs)]]).toEqual([userId, seqsUpTo(head, addedAt)])
      const history: Wire[] = []
      for (let before = head + 1, more = true; more; before = history[0].seq) {
        const page = await device.ask('history', { conversationId, before, limit: 200 })
        history.unshift(...page.messages)
        more = page.more
      }
      expect(history[0].seq).toBe(joinersRead === 'everything' ? 1 : addedAt)
      expect(history.at(-1).seq).toBe(head)
      const wire = joinersRead === 'everything' ? all : JSON.stringify([all, history, device.events])
      // A message that was edited since appears again, with its new content, for those who may read it.
      const known = new Set(foreignTo(1, addedAt - 1))
      const leaked = earlier.filter((text) => wire.includes(`"${text}"`) && !known.has(text))
      expect([userId, leaked]).toEqual([userId, []])
    }
  }
}
