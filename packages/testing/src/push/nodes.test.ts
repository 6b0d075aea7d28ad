// Of several nodes one pushes, whichever of them dies.
import { expect, it } from 'vitest'
import type { PushRequest } from '@rookery/core'
import { FakeDevice } from '../fake-device.js'
import { SeededRandom } from '../seeded-random.js'
import { VirtualClock } from '../virtual-clock.js'
import { type PushNode, PushNodes } from './push-nodes.js'

class Scene {
  readonly clock = new VirtualClock()
  readonly requests: { readonly request: PushRequest; readonly by: string }[] = []
  readonly nodes = new PushNodes({
    clock: this.clock,
    random: new SeededRandom(1),
    pushed: (request, { name }) => this.requests.push({ request, by: name }),
  })
  private keys = 0

  async done<T>(work: Promise<T>): Promise<T> {
    let isDone = false
    const settle = (): void => void (isDone = true)
    work.then(settle, settle)
    await this.clock.runUntil(() => isDone, 60_000)
    return work
  }

  connect(node: PushNode, userId: string, deviceType = 'phone'): Promise<FakeDevice> {
    const auth = { token: userId, deviceId: `${userId}-${deviceType}`, deviceType }
    return this.done(FakeDevice.connect(node.rookery.gate, auth))
  }

  async away(node: PushNode, userId: string): Promise<void> {
    const phone = await this.connect(node, userId)
    await this.done(phone.ask('push.register', { provider: 'fake', token: userId }))
    phone.disconnect()
    await this.clock.advance(1_000)
  }

  say(from: FakeDevice, to: string): Promise<any> {
    const clientMsgId = `m${(this.keys += 1)}`
    return this.done(from.ask('c2c', { clientMsgId, to, type: 'text', content: { text: 'hello' } }))
  }

  get told(): string[] {
    return this.requests.map(
      ({ request, by }) => `${by} ${request.registration.token} ${request.notification.data.seq}`,
    )
  }
}

async function start(count: number): Promise<Scene & { readonly all: PushNode[] }> {
  const scene = new Scene()
  const all: PushNode[] = []
  for (let n = 0; n < count; n += 1) all.push(await scene.nodes.start())
  return Object.assign(scene, { all })
}

it('messages from several nodes to one who is away are told once, by one of them', async () => {
  const scene = await start(3)
  await scene.away(scene.all[2]!, 'bob')
  const [ann, cid, dan] = [
    await scene.connect(scene.all[0]!, 'ann'),
    await scene.connect(scene.all[1]!, 'cid'),
    await scene.connect(scene.all[2]!, 'dan'),
  ]
  for (const from of [ann, cid, dan, ann]) await scene.say(from, 'bob')
  await scene.clock.advance(60_000)
  expect(scene.requests).toHaveLength(1)
  expect(scene.requests[0]!.request.notification).toMatchObject({ badge: 4, body: 'You have 4 new messages' })
})

it('a provider that is slow makes no other node send the same', async () => {
  const scene = await start(2)
  await scene.away(scene.all[0]!, 'bob')
  for (const { provider } of scene.all)
    provider.answer = () => new Promise((resolve) => scene.clock.setTimeout(() => resolve({ status: 'sent' }), 8_000))
  const [ann, cid] = [await scene.connect(scene.all[0]!, 'ann'), await scene.connect(scene.all[1]!, 'cid')]
  await scene.say(ann, 'bob')
  await scene.clock.advance(2_000)
  await scene.say(cid, 'bob')
  await scene.clock.advance(120_000)
  expect(scene.requests).toHaveLength(1)
})

it('the node that holds the session waits for the acknowledgement, and no other pushes', async () => {
  const scene = await start(2)
  await scene.away(scene.all[1]!, 'bob')
  const web = await scene.connect(scene.all[1]!, 'bob', 'web')
  const ann = await scene.connect(scene.all[0]!, 'ann')
  await scene.say(ann, 'bob')
  await scene.clock.advance(1_000)
  expect(web.entries).toHaveLength(1)
  web.tell('ack', { seq: web.entries[0].seq })
  await scene.clock.advance(60_000)
  expect(scene.requests).toEqual([])
  await scene.say(ann, 'bob')
  web.disconnect()
  await scene.clock.advance(8_000)
  expect(scene.told).toEqual(['node2 bob 2'])
})

it('where the node that waited is killed another pushes, once', async () => {
  const scene = await start(3)
  await scene.away(scene.all[0]!, 'bob')
  const ann = await scene.connect(scene.all[0]!, 'ann')
  const { seq } = await scene.say(ann, 'bob')
  scene.nodes.kill(scene.all[0]!)
  await scene.clock.advance(200_000)
  expect(scene.told).toEqual([expect.stringMatching(new RegExp(`^node[23] bob ${seq}$`))])
})

it('where it is killed between sending and storing that, another repeats it once under the same ids', async () => {
  const scene = await start(2)
  await scene.away(scene.all[0]!, 'bob')
  scene.all[0]!.provider.answer = () => new Promise(() => {})
  const ann = await scene.connect(scene.all[0]!, 'ann')
  await scene.say(ann, 'bob')
  await scene.clock.advance(6_500)
  expect(scene.told).toEqual(['node1 bob 1'])
  scene.nodes.kill(scene.all[0]!)
  await scene.clock.advance(200_000)
  expect(scene.told).toEqual(['node1 bob 1', 'node2 bob 1'])
  const [first, second] = scene.requests.map(({ request }) => request)
  expect([second!.id, second!.collapse]).toEqual([first!.id, first!.collapse])
})

it('a restart of everything pushes what was not told before, and nothing that was', async () => {
  const scene = await start(1)
  for (const user of ['bob', 'cid']) await scene.away(scene.all[0]!, user)
  const ann = await scene.connect(scene.all[0]!, 'ann')
  await scene.say(ann, 'bob')
  await scene.clock.advance(10_000)
  await scene.say(ann, 'cid')
  scene.nodes.kill(scene.all[0]!)
  const again = await scene.nodes.start()
  await scene.clock.advance(200_000)
  expect(scene.told).toEqual(['node1 bob 1', 'node2 cid 1'])
  await scene.done(again.rookery.stop())
  expect(again.provider.isStopped).toBe(true)
  await scene.nodes.start()
  await scene.clock.advance(200_000)
  expect(scene.requests).toHaveLength(2)
})
