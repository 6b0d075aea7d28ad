// What retention leaves, as clients see it: real sockets, on each database. The test moves the wall clock and nothing
// else.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRookery, SystemClock, type Rookery } from '@rookery/core'
import { TypeOrmStorage, type TypeOrmStorageOptions } from '@rookery/storage-typeorm'
import { attachSocketIo } from '@rookery/transport-socketio'
import { checkedSocket } from '@rookery/testing'
import { io, type Socket } from 'socket.io-client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { describeOnMysql, freshDatabase as freshMysql } from '../../packages/storage-typeorm/testing/mysql.js'
import { describeOnPostgres, freshDatabase as freshPostgres } from '../../packages/storage-typeorm/testing/postgres.js'

const dayMs = 86_400_000

class LaterClock extends SystemClock {
  laterMs = 0
  override now(): number {
    return super.now() + this.laterMs
  }
}

interface Answer {
  readonly ok: boolean
  readonly data: any
  readonly error?: { readonly code: string }
}

/** One connection of a user. */
class Device {
  readonly entries: any[] = []
  readonly timeline: any[] = []
  private constructor(
    readonly socket: Socket,
    readonly ready: any,
  ) {}

  static async connect(port: number, userId: string, auth: object = {}): Promise<Device> {
    const socket = checkedSocket(
      io(`http://127.0.0.1:${port}/im`, {
        transports: ['websocket'],
        forceNew: true,
        reconnection: false,
        auth: { token: userId, deviceId: `${userId}-1`, deviceType: 'phone', protocol: 1, ...auth },
      }),
    )
    onTestFinished(() => void socket.disconnect())
    const device = new Device(socket, await new Promise((resolve) => socket.once('ready', resolve)))
    socket.on('entries', ({ entries }) => device.entries.push(...entries))
    socket.on('timeline', ({ messages }) => device.timeline.push(...messages))
    return device
  }

  async ask(event: string, request: object): Promise<any> {
    const answer: Answer = await this.socket.timeout(15_000).emitWithAck(event, request)
    if (!answer.ok) throw new Error(`${event}: ${JSON.stringify(answer.error)}`)
    return answer.data
  }

  code = async (event: string, request: object): Promise<string | undefined> =>
    ((await this.socket.timeout(15_000).emitWithAck(event, request)) as Answer).error?.code
}

async function start(
  options: TypeOrmStorageOptions,
  retention: object = {},
): Promise<{ readonly node: Rookery; readonly port: number; readonly clock: LaterClock }> {
  const clock = new LaterClock()
  const node = createRookery({
    storage: new TypeOrmStorage(options),
    authenticate: ({ token }) => ({ userId: token }),
    roaming: { refuse: ['web'] },
    fanout: { readAbove: 2 },
    rate: 'off',
    clock,
    retention: { batchRows: 7, pauseMs: 1, ...retention },
  })
  await node.start()
  const server = createServer()
  const transport = attachSocketIo(server, node.gate)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    await node.stop()
    await transport.close()
    server.close()
  })
  return { node, port: (server.address() as AddressInfo).port, clock }
}

let keys = 0
const text = (to: string, words: string) => ({ clientMsgId: `m${keys++}`, to, type: 'text', content: { text: words } })
const textOf = (message: any): string => message.content?.text

function cases(database: () => Promise<TypeOrmStorageOptions>): void {
  it('a device that was away for longer than inboxes are kept is told truncated, fills from history and follows on', async () => {
    const { node, port, clock } = await start(await database())
    const bob = await Device.connect(port, 'bob')
    const conversationId: string[] = []
    for (let n = 1; n <= 12; n += 1) conversationId.push((await bob.ask('c2c', text('ann', `old ${n}`))).conversationId)
    clock.laterMs = 31 * dayMs
    for (let n = 1; n <= 3; n += 1) await bob.ask('c2c', text('ann', `new ${n}`))
    const steps: number[] = []
    const taken = await node.maintenance.trim({ onProgress: ({ entries }) => steps.push(entries) })
    expect(taken).toMatchObject({ done: 1, entries: 24, messages: 0 })
    expect(Math.max(...steps.map((sum, at) => sum - (steps[at - 1] ?? 0)))).toBeLessThanOrEqual(7)

    const ann = await Device.connect(port, 'ann', { since: 4 })
    expect(ann.ready).toMatchObject({ reset: false, seq: 15 })
    const page = await ann.ask('pull', { since: 4, limit: 2 })
    expect(page).toMatchObject({ truncated: true, more: true, reset: false, seq: 14 })
    expect(page.entries.map(({ seq, message }: any) => [seq, textOf(message)])).toEqual([
      [13, 'new 1'],
      [14, 'new 2'],
    ])
    const last = await ann.ask('pull', { since: page.seq })
    expect(last).toMatchObject({ truncated: false, more: false, seq: 15 })

    const history = await ann.ask('history', { conversationId: conversationId[0], limit: 50 })
    expect(history.messages).toHaveLength(15)
    const older = await ann.ask('history', { conversationId: conversationId[0], before: 3 })
    expect(older).toMatchObject({
      more: false,
      messages: [{ content: { text: 'old 1' } }, { content: { text: 'old 2' } }],
    })
    const { conversations, unreadTotal } = await ann.ask('conversations', {})
    expect([unreadTotal, conversations[0].unread, conversations[0].lastMessage.seq]).toEqual([15, 15, 15])

    await bob.ask('c2c', text('ann', 'live'))
    await expect.poll(() => ann.entries.map(({ seq }) => seq)).toEqual([16])
    // A device type that keeps no copy: a browser that others use may not read on from there.
    const web = await Device.connect(port, 'ann', { deviceType: 'web', deviceId: 'web', since: 15 })
    expect(await web.code('history', { conversationId: conversationId[0] })).toBe('FORBIDDEN')
    expect((await web.ask('pull', { since: 15 })).entries).toHaveLength(1)
  })

  it('what was taken from conversations is expired, unread no more, and the last message of none', async () => {
    const { node, port, clock } = await start(await database(), { timelineMs: 10 * dayMs, timelineCount: 3 })
    const bob = await Device.connect(port, 'bob')
    const { conversationId: quiet } = await bob.ask('c2c', text('ann', 'long ago'))
    clock.laterMs = 11 * dayMs
    for (let n = 1; n <= 6; n += 1) await bob.ask('c2c', { ...text('ann', `n${n}`), subject: 'busy' })
    expect(await node.maintenance.trim()).toMatchObject({ entries: 0, messages: 4 })

    const ann = await Device.connect(port, 'ann', { since: 0 })
    const page = await ann.ask('pull', { since: 0 })
    expect(page).toMatchObject({ truncated: false, more: false, seq: 7 })
    expect(page.entries[0].message).toEqual({ conversationId: quiet, seq: 1, expired: true })
    expect(page.entries.map(({ message }: any) => message.expired === true)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ])
    const { conversations, unreadTotal } = await ann.ask('conversations', {})
    expect(unreadTotal).toBe(3)
    expect(conversations).toMatchObject([
      { subject: 'busy', unread: 3, seq: 6, lastMessage: { seq: 6 } },
      { conversationId: quiet, unread: 0, seq: 1 },
    ])
    expect(conversations[1]).not.toHaveProperty('lastMessage')
    const busy = conversations[0].conversationId as string
    expect(await ann.ask('history', { conversationId: quiet })).toMatchObject({ messages: [], more: false })
    expect(await ann.ask('history', { conversationId: busy, before: 4 })).toMatchObject({ messages: [], more: false })
    expect((await ann.ask('history', { conversationId: busy })).messages.map(textOf)).toEqual(['n4', 'n5', 'n6'])
    expect(await ann.ask('read', { conversationId: busy, seq: 2 })).toMatchObject({ readSeq: 2, unread: 3, atSeq: 6 })
    expect(await ann.ask('read', { conversationId: busy, seq: 5 })).toMatchObject({ readSeq: 5, unread: 1 })
    for (const [event, request] of [
      ['recall', {}],
      ['edit', { content: { text: 'x' } }],
      ['react', { reaction: 'x' }],
    ] as const)
      expect(await bob.code(event, { conversationId: busy, seq: 2, ...request })).toBe('NOT_FOUND')
    expect(await node.maintenance.verify()).toMatchObject({ findings: 0 })
  })

  it('a device that follows a large group is told truncated, takes what is kept and follows on', async () => {
    const { node, port } = await start(await database(), { timelineCount: 4 })
    const bob = await Device.connect(port, 'bob')
    const { groupId } = await bob.ask('group.create', { name: 'large', members: ['ann', 'cleo', 'dan'] })
    const before = await Device.connect(port, 'ann', { since: 0 })
    const { seq, timelines: first } = await before.ask('pull', { since: 0, timelines: {} })
    expect(first).toEqual([])
    before.socket.disconnect()
    for (let n = 1; n <= 9; n += 1) await bob.ask('c2g', text(groupId, `n${n}`))
    expect(await node.maintenance.trim()).toMatchObject({ messages: 6 })

    const ann = await Device.connect(port, 'ann', { since: seq, timelines: { [groupId]: 1 } })
    const page = await ann.ask('pull', { since: seq, timelines: { [groupId]: 1 }, limit: 3 })
    expect(page).toMatchObject({ entries: [], truncated: false, more: true, reset: false })
    expect(page.timelines).toMatchObject([{ conversationId: groupId, seq: 9, more: true, truncated: true }])
    expect(page.timelines[0].messages.map(textOf)).toEqual(['n6', 'n7', 'n8'])
    const rest = await ann.ask('pull', { since: seq, timelines: { [groupId]: 9 } })
    expect(rest.timelines).toMatchObject([{ seq: 10, more: false, truncated: false, messages: [{ seq: 10 }] }])
    await bob.ask('c2g', text(groupId, 'live'))
    await expect.poll(() => ann.timeline.map(textOf)).toEqual(['live'])
    expect(await ann.ask('conversation.get', { groupId })).toMatchObject({ seq: 11, unread: 5 })
  })

  it('sends are stored and delivered beside a run, and none is taken', async () => {
    const { node, port } = await start(await database(), { timelineCount: 20, batchRows: 3 })
    const [ann, bob] = [await Device.connect(port, 'ann'), await Device.connect(port, 'bob')]
    await Promise.all(Array.from({ length: 150 }, (_, n) => bob.ask('c2c', text('ann', `before ${n}`))))
    const trimming = node.maintenance.trim()
    let isOver = false
    void trimming.finally(() => (isOver = true))
    const sent: number[] = []
    do sent.push((await bob.ask('c2c', text('ann', `during ${sent.length}`))).seq)
    while (!isOver || sent.length < 20)
    expect(sent).toEqual(sent.map((_, n) => 151 + n))
    expect((await trimming).messages).toBeGreaterThanOrEqual(130)
    await expect.poll(() => ann.entries.length).toBe(150 + sent.length)
    expect(ann.entries.slice(150).map(({ message }) => textOf(message))).toEqual(sent.map((_, n) => `during ${n}`))
    await node.maintenance.trim()
    const { messages } = await ann.ask('history', { conversationId: ann.entries[0].message.conversationId })
    expect(messages.map((message: any) => message.seq)).toEqual(sent.slice(-20))
  })
}

describe('retention on SQLite', () =>
  cases(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rookery-retention-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    return { type: 'better-sqlite3', database: join(folder, 'app.im.sqlite') }
  }))

describeOnPostgres('retention on PostgreSQL', () =>
  cases(async () => {
    const { where, drop } = await freshPostgres()
    onTestFinished(drop)
    return { type: 'postgres', ...where }
  }),
)

describeOnMysql('retention on MySQL and MariaDB', () =>
  cases(async () => {
    const { where, drop } = await freshMysql()
    onTestFinished(drop)
    return { type: 'mysql', ...where }
  }),
)
