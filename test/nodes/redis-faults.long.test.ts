// Redis fails in mid-flow: every message that was acknowledged reaches its readers within ten seconds of its return, without
// a further message and without a reconnect; and a kick asked for meanwhile is done.
import type { TestDevice } from '@rookery/nest-adapter/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { describeWithServers, PrivateRedis } from '../../packages/presence-redis/testing/private-redis.js'
import { describeOnPostgres, freshDatabase } from '../../packages/storage-typeorm/testing/postgres.js'
import { type NodeApp, startNode, until } from './app.js'

/** From the return of Redis on. */
const healsWithinMs = 10_000

describeOnPostgres('three nodes on PostgreSQL', () =>
  describeWithServers('and on a Redis that fails', () => {
    let redis: PrivateRedis
    let database: Awaited<ReturnType<typeof freshDatabase>>
    let nodes: readonly NodeApp[]
    let users = 0
    let flow: Flow
    beforeAll(async () => {
      redis = await PrivateRedis.start()
      database = await freshDatabase()
      const at = { type: 'postgres', ...database.where } as const
      nodes = await Promise.all([1, 2, 3].map(() => startNode(at, redis.url)))
    })
    afterAll(async () => {
      for (const node of nodes ?? []) await node.close()
      await redis?.remove()
      await database?.drop()
    })
    beforeEach(async () => {
      users += 1
      flow = await Flow.start(nodes, `run${users}`)
      await until(() => flow.hasAll())
    })
    afterEach(() => flow?.stop())

    /** Nothing is lost, and nobody has to do anything. */
    async function heals(): Promise<void> {
      await flow.stop()
      await until(() => flow.hasAll(), healsWithinMs)
      expect(flow.faults()).toEqual([])
    }

    it('flushed', async () => {
      await redis.ask((client) => client.flushall())
      await flow.goesOn(40)
      await heals()
    })

    it('restarted', async () => {
      await redis.kill()
      await flow.goesOn(40)
      await redis.start()
      await heals()
    })

    it('its pub/sub links cut, again and again', async () => {
      for (let n = 0; n < 5; n += 1) {
        await redis.ask((client) => client.client('KILL', 'TYPE', 'pubsub'))
        await flow.goesOn(10)
      }
      await heals()
    })

    it('all its links cut', async () => {
      for (const type of ['normal', 'pubsub'])
        await redis.ask((client) => client.client('KILL', 'TYPE', type, 'SKIPME', 'yes'))
      await flow.goesOn(20)
      await heals()
    })

    it('paused, with logins waiting: they are served on their own node, and of one slot one session is left', async () => {
      redis.pause()
      const name = `${flow.name}-late`
      const logins = await Promise.all(nodes.map((node, n) => node.chat.online(name, { deviceId: `late-${n}` })))
      await flow.goesOn(40)
      await new Promise((resolve) => setTimeout(resolve, 8000))
      redis.resume()
      await until(() => logins.filter(({ isOnline }) => isOnline).length === 1, healsWithinMs)
      await heals()
    })

    it('a kick asked for meanwhile is done within two seconds of its return', async () => {
      const name = `${flow.name}-kicked`
      const [here, there] = [
        await nodes[0]!.chat.online(name),
        await nodes[1]!.chat.online(name, { deviceType: 'pc', deviceId: 'pc' }),
      ]
      await redis.kill()
      await nodes[0]!.im.kick(name)
      expect(here.isOnline).toBe(false)
      expect(there.isOnline).toBe(true)
      await redis.start()
      const backMs = performance.now()
      // Two seconds are for a machine that has nothing else to do.
      await until(() => !there.isOnline, 5000)
      const tookMs = performance.now() - backMs
      console.log(`kicked ${Math.round(tookMs)} ms after Redis answered`)
      expect(there.kicked).toMatchObject({ reason: 'admin' })
      await heals()
    })

    it('a message for a session on another node, sent while Redis was out, arrives without another one', async () => {
      const [from, to] = [`${flow.name}-from`, `${flow.name}-to`]
      const [sender, receiver] = [await nodes[0]!.chat.online(from), await nodes[2]!.chat.online(to)]
      await flow.stop()
      await redis.kill()
      await sender.send(to, 'meanwhile')
      await redis.start()
      await until(() => receiver.texts.includes('meanwhile'), healsWithinMs)
    })
  }),
)

/** Three users, each on a node, who send to one another all the time, alone and in a group. */
class Flow {
  private readonly sent: string[] = []
  private isStopped = false
  private loops: Promise<unknown> = Promise.resolve()
  private failed: Error | null = null

  private constructor(
    readonly name: string,
    private readonly devices: readonly TestDevice[],
    private readonly groupId: string,
  ) {}

  static async start(nodes: readonly NodeApp[], name: string): Promise<Flow> {
    const names = nodes.map((_, n) => `${name}-${n}`)
    const devices = await Promise.all(nodes.map((node, n) => node.chat.online(names[n]!)))
    const { groupId } = await devices[0]!.createGroup('all', names.slice(1))
    const flow = new Flow(name, devices, groupId)
    flow.loops = Promise.all(devices.map((device, n) => flow.write(device, n))).catch(
      (error: unknown) => (flow.failed = error),
    )
    return flow
  }

  private async write(device: TestDevice, n: number): Promise<void> {
    for (let count = 0; !this.isStopped; count += 1) {
      const text = `${n}.${count}`
      await device.sendToGroup(this.groupId, text)
      this.sent.push(text)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  /** Waits until so many more were acknowledged: without Redis, too. */
  goesOn(more: number): Promise<void> {
    const least = this.sent.length + more
    return until(() => this.sent.length >= least || this.failed !== null)
  }

  hasAll(): boolean {
    if (this.sent.length === 0) return false
    return this.devices.every((device) => {
      const held = new Set(device.textsIn(this.groupId))
      return this.sent.every((text) => held.has(text))
    })
  }

  /** In sentences; none where everybody has everything, once, in one order, over one connection. */
  faults(): string[] {
    const faults: string[] = []
    if (this.failed !== null) faults.push(`a send failed: ${this.failed.message}`)
    const [first] = this.devices
    for (const device of this.devices) {
      if (!device.isOnline) faults.push(`${device.userId} was disconnected`)
      const texts = device.textsIn(this.groupId)
      if (new Set(texts).size !== texts.length) faults.push(`${device.userId} has a message twice`)
      if (texts.join() !== first!.textsIn(this.groupId).join()) faults.push(`${device.userId} has another order`)
    }
    return faults
  }

  async stop(): Promise<void> {
    this.isStopped = true
    await this.loops
  }
}
