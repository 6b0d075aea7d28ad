// The simulation closed both of two logins that raced on one node (RELIABILITY 21): the later one kicked the earlier
// one here, and the claim of the earlier one, which presence took last, kicked the later one.
import { expect, it } from 'vitest'
import { MemoryPresence } from '../memory/memory-presence.js'
import { TestNode, VirtualClock } from '@rookery/testing'

class FirstClaimLast extends MemoryPresence {
  private isFirst = true
  constructor(private readonly virtual: VirtualClock) {
    super(virtual)
  }
  override async claim(...args: Parameters<MemoryPresence['claim']>) {
    const delayMs = this.isFirst ? 100 : 10
    this.isFirst = false
    await new Promise<void>((resolve) => this.virtual.setTimeout(resolve, delayMs))
    return super.claim(...args)
  }
}

it('of two logins on one node the later one stays, whichever of their claims presence takes last', async () => {
  const clock = new VirtualClock()
  const presence = new FirstClaimLast(clock)
  const node = await TestNode.start({ clock, presence })
  const [earlier, later] = [node.connect('ann', { deviceId: 'phone' }), node.connect('ann', { deviceId: 'tablet' })]
  await clock.advance(1000)
  expect((await earlier).isClosed).toBe(true)
  expect((await later).isClosed).toBe(false)
  expect(await presence.locate(['ann'])).toMatchObject([{ deviceId: 'tablet' }])
})
