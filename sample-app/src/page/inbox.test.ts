// The page's position in its inbox and in the timelines of large groups, against a real node, without a browser.
// Whatever members and pages do, it applies each message once, in order, and misses none.
import { createRookery, MemoryStorage, type Rookery } from '@rookery/core'
import { type FakeAnswer, FakeDevice, type FakeEvent, SeededRandom, settle } from '@rookery/testing'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

interface Message {
  readonly conversationId: string
  readonly seq: number
}

/** The interface of `inbox.js` for this test; the page itself is JavaScript. */
interface PageInbox {
  readonly since: object
  ready(ready: unknown): void
  received(entries: unknown): void
  said(event: unknown): void
  pull(): void
}

let node: Rookery
beforeEach(async () => {
  const items = new Map<string, string>()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  })
  node = createRookery({
    storage: new MemoryStorage(),
    authenticate: ({ token }) => ({ userId: token }),
    fanout: { readAbove: 3 },
    rate: 'off',
  })
  await node.start()
})
afterEach(async () => {
  await node.stop()
  vi.unstubAllGlobals()
})

/** A tab of a user's browser, which keeps its position over reloads. */
class Tab {
  /** Applied messages, by conversation. */
  readonly applied = new Map<string, number[]>()
  device: FakeDevice | null = null
  caughtUp = 0
  private inbox: PageInbox | null = null

  constructor(readonly userId: string) {}

  /** Opens the page, or reloads it. */
  async open(): Promise<void> {
    const { Inbox } = (await import(new URL('../../public/js/inbox.js', import.meta.url).href)) as {
      Inbox: new (userId: string, connection: object, target: object) => PageInbox
    }
    const connection = {
      isReady: true,
      ask: (event: string, request: object, done: (error: unknown, data?: unknown) => void) =>
        this.device?.call(event, [request], (answer: FakeAnswer) =>
          answer.ok ? done(null, answer.data) : done(answer.error),
        ),
    }
    const say = ({ conversationId, seq }: Message): void => {
      this.applied.set(conversationId, [...(this.applied.get(conversationId) ?? []), seq])
    }
    const inbox = new Inbox(this.userId, connection, {
      apply: ({ kind, message }: { kind: string; message: Message }) => kind === 'message' && say(message),
      say,
      mine: () => {},
      // Messages of an earlier membership that the tab lacks when the next begins come from history, like those that
      // retention removed.
      forget: () => this.applied.clear(),
      caughtUp: () => this.caughtUp++,
    })
    this.inbox = inbox
    const early: FakeEvent[] = []
    const take = ({ event, payload }: FakeEvent): void => {
      if (this.device === null) early.push({ event, payload })
      else if (event === 'ready') inbox.ready(payload)
      else if (event === 'entries') inbox.received(payload.entries)
      else if (event === 'timeline') inbox.said(payload)
      else if (event === 'sync') inbox.pull()
    }
    const auth = { token: this.userId, deviceId: this.userId, deviceType: 'web', ...inbox.since }
    const device = await FakeDevice.connect(node.gate, auth, { onEvent: take })
    this.device = device
    early.forEach(take)
  }

  close(): void {
    this.device?.disconnect()
    this.device = null
  }

  async isQuiet(): Promise<void> {
    await settle()
    await vi.waitFor(() => expect(this.caughtUp).toBeGreaterThan(0))
  }

  /** The page's own acknowledgement, which the server must not refuse. */
  get place(): object {
    return this.inbox!.since
  }
}

const say = (groupId: string, from: string) =>
  node.im.sendC2G({ from, to: groupId, type: 'text', content: { text: 'x' } })

it('a group that crosses to fan-out on read while the page is away, live and over reloads', async () => {
  const { groupId } = await node.im.groups.create({ owner: 'ann', name: 'x', members: ['bob'] })
  const tab = new Tab('bob')
  await tab.open()
  await say(groupId, 'ann')
  await settle()
  expect(tab.applied.get(groupId)).toEqual([2])
  tab.close()
  await say(groupId, 'ann')
  await node.im.groups.add(groupId, ['cid', 'dan'])
  await say(groupId, 'ann')
  await tab.open()
  await tab.isQuiet()
  expect(tab.applied.get(groupId)).toEqual([2, 3, 4, 5])
  await say(groupId, 'ann')
  await settle()
  expect(tab.applied.get(groupId)).toEqual([2, 3, 4, 5, 6])
  expect(tab.place).toMatchObject({ timelines: { [groupId]: 6 } })
})

it('a page that opens for the first time follows large groups from their heads on', async () => {
  const { groupId } = await node.im.groups.create({ owner: 'ann', name: 'x', members: ['bob', 'cid', 'dan'] })
  await say(groupId, 'ann')
  const tab = new Tab('bob')
  await tab.open()
  await say(groupId, 'ann')
  await settle()
  expect(tab.applied.get(groupId)).toEqual([3])
  await node.im.groups.remove(groupId, ['bob'])
  await say(groupId, 'ann')
  await settle()
  expect(tab.applied.get(groupId)).toEqual([3, 4])
  expect(tab.place).toMatchObject({ timelines: {} })
})

it('whatever members do while pages come and go', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = new SeededRandom(seed)
    const users = ['ann', 'bob', 'cid', 'dan', 'eve'].map((name) => `${name}${seed}`)
    const [owner, ...others] = users as [string, ...string[]]
    const { groupId } = await node.im.groups.create({ owner, name: 'x', members: [others[0]!] })
    const members = new Set([owner, others[0]!])
    const tabs = users.map((userId) => new Tab(userId))
    for (const tab of tabs) await tab.open()
    for (let step = 0; step < 40; step++) {
      const tab = random.pick(tabs)
      const user = random.pick(others)
      if (random.chance(0.5)) await say(groupId, owner)
      else if (random.chance(0.4)) {
        if (tab.device === null) await tab.open()
        else tab.close()
      } else if (members.delete(user)) await node.im.groups.remove(groupId, [user])
      else {
        members.add(user)
        await node.im.groups.add(groupId, [user])
      }
    }
    for (const tab of tabs) if (tab.device === null) await tab.open()
    await say(groupId, owner)
    const head = (await node.im.history({ conversationId: groupId })).messages.at(-1)!.seq
    for (const tab of tabs) {
      const mine = (): number[] => tab.applied.get(groupId) ?? []
      if (members.has(tab.userId))
        await vi.waitFor(() => expect([seed, tab.userId, mine().at(-1)]).toEqual([seed, tab.userId, head]))
      await settle()
      expect([seed, tab.userId, mine()]).toEqual([seed, tab.userId, [...new Set(mine())].sort((a, b) => a - b)])
      if (!members.has(tab.userId)) continue
      // The tab misses nothing that history shows of this membership.
      const { messages } = await tab.device!.ask('history', { conversationId: groupId, after: 0 })
      const joinedAt = messages.findLast(
        ({ content }: { content?: { event?: string; userIds?: string[] } }) =>
          (content?.event === 'added' || content?.event === 'created') && content.userIds?.includes(tab.userId),
      ).seq
      const expected = messages.map(({ seq }: Message) => seq).filter((seq: number) => seq > joinedAt)
      expect([seed, tab.userId, mine().filter((seq) => seq > joinedAt)]).toEqual([seed, tab.userId, expected])
    }
    for (const tab of tabs) tab.close()
  }
})
