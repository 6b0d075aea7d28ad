// Three nodes on one PostgreSQL and one Redis are one system, in everything that a client and a host can see.
import type { TestDevice } from '@rookery/nest-adapter/testing'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { describeWithServers, PrivateRedis } from '../../packages/presence-redis/testing/private-redis.js'
import { describeOnPostgres, freshDatabase } from '../../packages/storage-typeorm/testing/postgres.js'
import { type NodeApp, readAbove, startNode } from './app.js'

const soon = { timeout: 10_000 }

describeOnPostgres('three nodes on PostgreSQL', () =>
  describeWithServers('and on Redis', () => {
    let redis: PrivateRedis
    let database: Awaited<ReturnType<typeof freshDatabase>>
    let one: NodeApp, two: NodeApp, three: NodeApp
    beforeAll(async () => {
      redis = await PrivateRedis.start()
      database = await freshDatabase()
      const at = { type: 'postgres', ...database.where } as const
      ;[one, two, three] = [
        await startNode(at, redis.url),
        await startNode(at, redis.url),
        await startNode(at, redis.url),
      ] as [NodeApp, NodeApp, NodeApp]
    })
    afterAll(async () => {
      for (const node of [one, two, three]) await node?.close()
      await redis?.remove()
      await database?.drop()
    })

    const eventsOf = (device: TestDevice, name: string): unknown[] =>
      device.events.filter(({ event }) => event === name).map(({ payload }) => payload as unknown)
    const expectTexts = (device: TestDevice, texts: readonly string[], conversation?: string): Promise<void> =>
      vi.waitFor(
        () => expect(conversation === undefined ? device.texts : device.textsIn(conversation)).toEqual(texts),
        soon,
      )

    it('every device of two who write at once has one order, on whichever node; own devices too', async () => {
      const [phone, pc] = [
        await one.chat.online('ann'),
        await three.chat.online('ann', { deviceType: 'pc', deviceId: 'pc' }),
      ]
      const other = await two.chat.online('ben')
      const texts = Array.from({ length: 40 }, (_, n) => `a${n}`)
      await Promise.all([
        ...texts.map((text) => phone.send('ben', text)),
        ...texts.map((text) => other.send('ann', text.replace('a', 'b'))),
        ...texts.map((text) => pc.send('ben', text.replace('a', 'p'))),
      ])
      await vi.waitFor(() => expect(other.texts.length).toBe(120), soon)
      const order = await other.history(other.messages[0]!.conversationId)
      for (const device of [phone, pc, other]) {
        await expectTexts(device, other.texts)
        expect(device.messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 120 }, (_, n) => n + 1))
      }
      expect(order.at(-1)!.seq).toBe(120)
      expect(other.texts.filter((text) => text.startsWith('b'))).toEqual(texts.map((text) => text.replace('a', 'b')))
    })

    it('of 50 logins of one user that race over all nodes exactly one remains', async () => {
      const nodes = [one, two, three]
      const devices = await Promise.all(
        Array.from({ length: 50 }, (_, n) => nodes[n % 3]!.chat.offline('racer', { deviceId: `racer-${n}` })),
      )
      await Promise.all(devices.map((device) => device.connect().catch(() => {})))
      await vi.waitFor(() => expect(devices.filter(({ isOnline }) => isOnline)).toHaveLength(1), soon)
      const sender = await one.chat.online('starter')
      await sender.send('racer', 'who is left?')
      const [left] = devices.filter(({ isOnline }) => isOnline)
      await expectTexts(left!, ['who is left?'])
      expect(devices.filter(({ kicked }) => kicked !== null).every((device) => !device.texts.length)).toBe(true)
    })

    it('a login elsewhere ends the session here, with who it was; a kick asked for on a third node reaches it', async () => {
      const [first, second] = [await one.chat.online('cat'), await two.chat.online('cat', { deviceId: 'second' })]
      await vi.waitFor(() => expect(first.kicked).toMatchObject({ reason: 'same-device-type' }), soon)
      expect(first.kicked!.by).toMatchObject({ deviceId: 'second' })
      await three.im.kick('cat')
      await vi.waitFor(() => expect(second.kicked).toMatchObject({ reason: 'admin' }), soon)
    })

    it('groups on both sides of the fan-out line, and across it: one order for all, nothing twice, nothing lost', async () => {
      const names = Array.from({ length: readAbove + 3 }, (_, n) => `member${n}`)
      const nodes = [one, two, three]
      const members = await Promise.all(names.map((name, n) => nodes[n % 3]!.chat.online(name)))
      const [owner] = members as [TestDevice]
      const { groupId } = await owner.createGroup('cars', names.slice(1, 3))
      const small = members.slice(0, 3)
      await Promise.all(small.map((member, n) => member.sendToGroup(groupId, `small ${n}`)))
      for (const member of small) await vi.waitFor(() => expect(member.textsIn(groupId)).toHaveLength(3), soon)
      await owner.groups.add(groupId, ...names.slice(3))
      await Promise.all(members.map((member, n) => member.sendToGroup(groupId, `large ${n}`)))
      for (const member of small)
        await vi.waitFor(() => expect(member.textsIn(groupId)).toHaveLength(3 + names.length), soon)
      for (const member of small) expect(member.textsIn(groupId)).toEqual(owner.textsIn(groupId))
      const large = owner.textsIn(groupId).slice(3)
      for (const member of members.slice(3)) await expectTexts(member, large, groupId)
      // Follow and unfollow: who is removed gets nothing more; who returns gets what comes then.
      const removed = members.at(-1)!
      await owner.groups.remove(groupId, removed.userId)
      await owner.sendToGroup(groupId, 'without one')
      await vi.waitFor(() => expect(members[4]!.textsIn(groupId)).toContain('without one'), soon)
      await owner.groups.add(groupId, removed.userId)
      await owner.sendToGroup(groupId, 'with all')
      await vi.waitFor(() => expect(removed.textsIn(groupId)).toContain('with all'), soon)
      expect(removed.textsIn(groupId)).not.toContain('without one')
    })

    it('typing, receipts and who is online cross nodes', async () => {
      const [dan, eve] = [await one.chat.online('dan'), await two.chat.online('eve')]
      const { conversationId, seq } = await dan.send('eve', 'hello')
      await expectTexts(eve, ['hello'])
      await dan.ask('typing', { conversationId })
      await vi.waitFor(() => expect(eventsOf(eve, 'typing')).toEqual([{ conversationId, userId: 'dan' }]), soon)
      await eve.read({ conversationId, seq })
      await vi.waitFor(
        () => expect(eventsOf(dan, 'receipt')).toMatchObject([{ conversationId, userId: 'eve', readSeq: seq }]),
        soon,
      )
      await eve.ask('presence', { userIds: ['dan'], subscribe: true })
      dan.disconnect()
      await vi.waitFor(
        () => expect(eventsOf(eve, 'presence').at(-1)).toMatchObject({ userId: 'dan', online: false }),
        soon,
      )
      await three.chat.online('dan', { deviceType: 'pc' })
      await vi.waitFor(
        () => expect(eventsOf(eve, 'presence').at(-1)).toMatchObject({ userId: 'dan', online: true, devices: ['pc'] }),
        soon,
      )
      expect(await one.im.presence(['dan', 'nobody'])).toMatchObject([
        { userId: 'dan', online: true },
        { userId: 'nobody', online: false },
      ])
    })

    it('what the host tells a user on another node is acknowledged from there', async () => {
      const fay = await three.chat.online('fay')
      expect(await one.im.s2c('fay', { topic: 'sale', payload: 1 })).toMatchObject({ delivered: true })
      expect(fay.s2c).toEqual([{ topic: 'sale', payload: 1 }])
      expect(await one.im.s2c('nobody', { topic: 'sale', payload: 1 })).toMatchObject({ delivered: false })
    })
  }),
)
