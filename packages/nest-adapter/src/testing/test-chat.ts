// Gives the devices of a test of the host's app.
import type { INestApplicationContext } from '@nestjs/common'
import { tokens } from '@rookery/core'
import { settle, type VirtualClock } from '@rookery/testing'
import { ImService } from '../im.service.js'
import { RunningNode } from '../running-node.js'
import { TestDevice } from './test-device.js'

/** Taken at import, because a test may replace the timers later. */
const { setImmediate: realSetImmediate } = globalThis

export interface TestChatOptions {
  /** Makes the token that a user shows to the app's `authenticate`. Default: the user id itself. */
  readonly tokenOf?: (userId: string) => string | Promise<string>
}

export interface DeviceOptions {
  /** Default: `phone`. */
  readonly deviceType?: string
  /** Default: a new one. */
  readonly deviceId?: string
  /** Default: the result of `tokenOf`. */
  readonly token?: string
  /** The headers of the handshake, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * The chat of a testing module that was initialised.
 *
 * @example
 * const module = await Test.createTestingModule({ imports: [AppModule, VirtualTimeModule.forRoot()] })
 *   .overrideProvider(tokens.storage)
 *   .useValue(new MemoryStorage())
 *   .compile()
 * await module.init()
 * const chat = testChat(module, { tokenOf: (userId) => module.get(AuthService).sign(userId) })
 * const [ann, bob] = [await chat.online('ann'), await chat.offline('bob')]
 * await ann.send('bob', 'hello')
 * await bob.connect()
 * expect(bob.texts).toEqual(['hello'])
 */
export const testChat = (module: INestApplicationContext, options: TestChatOptions = {}): TestChat =>
  new TestChat(module, options)

export class TestChat {
  /** The service that the app's own services inject. */
  readonly im: ImService
  private devices = 0

  constructor(
    private readonly module: INestApplicationContext,
    private readonly options: TestChatOptions,
  ) {
    this.im = module.get(ImService, { strict: false })
  }

  /**
   * Makes a device of the user, connects it, and lets it follow from then on. A second device of another type stays
   * beside it; a second one of the same type kicks the first.
   * @throws RookeryError if the app refuses the device
   */
  async online(userId: string, options: DeviceOptions = {}): Promise<TestDevice> {
    const device = await this.offline(userId, options)
    await device.connect()
    return device
  }

  /** Makes a device of the user that does not connect yet: its first `connect` brings it everything. */
  async offline(userId: string, options: DeviceOptions = {}): Promise<TestDevice> {
    const { gate } = this.module.get(RunningNode, { strict: false }).get()
    const { deviceType = 'phone', deviceId = `device-${++this.devices}`, headers = {} } = options
    const token = options.token ?? (await (this.options.tokenOf ?? String)(userId))
    return new TestDevice(gate, userId, { token, deviceId, deviceType, protocol: 1 }, headers)
  }

  /** Resolves when everything has happened that needs neither time nor the outside world. */
  async settle(): Promise<void> {
    // On the real clock a commit begins at the end of an event-loop turn, and its results may start a second commit.
    for (let commits = 0; commits < 2; commits++) {
      await settle()
      await new Promise((resolve) => realSetImmediate(resolve))
    }
    await settle()
  }

  /**
   * Moves the virtual time on by `ms`, and runs every timer that comes due.
   * @throws Error without `VirtualTimeModule`
   */
  advance(ms: number): Promise<void> {
    return this.clock.advance(ms)
  }

  /** Chat's virtual clock. */
  get clock(): VirtualClock {
    try {
      return this.module.get<VirtualClock>(tokens.clock, { strict: false })
    } catch {
      throw new Error('time is not virtual: import VirtualTimeModule.forRoot() into the testing module')
    }
  }
}
