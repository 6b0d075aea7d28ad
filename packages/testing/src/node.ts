// One node in memory, and devices that connect to it: the smallest setting for a test of core.
import { createRookery, MemoryStorage, type Rookery, type RookeryOptions } from '@rookery/core'
import { FakeDevice, type FakeAuth } from './fake-device.js'

/** A running node. Its tokens are user ids. It refuses tokens that begin with `no`; a user `nobody…` does not exist. */
export class TestNode {
  private count = 0

  private constructor(readonly rookery: Rookery) {}

  static async start(options: Partial<RookeryOptions> = {}): Promise<TestNode> {
    const rookery = createRookery({
      storage: new MemoryStorage(),
      authenticate: ({ token }) => (token.startsWith('no') ? null : { userId: token }),
      users: { takesTransaction: true, exists: (userId) => !userId.startsWith('nobody') },
      ...options,
    })
    await rookery.start()
    return new TestNode(rookery)
  }

  /** Connects a new device of a user, a phone by default. */
  connect(userId: string, auth: FakeAuth = {}): Promise<FakeDevice> {
    const deviceId = this.unique('device')
    return FakeDevice.connect(this.rookery.gate, { token: userId, deviceId, deviceType: 'phone', ...auth })
  }

  /** Makes the request of a text message, with a new key by default. */
  text(to: string, words: string, clientMsgId = this.unique('m')) {
    return { clientMsgId, to, type: 'text', content: { text: words } }
  }

  unique(prefix: string): string {
    return `${prefix}${this.count++}`
  }

  stop(): Promise<void> {
    return this.rookery.stop()
  }
}
