// Where a test of the host's app gets its devices.
import type { INestApplicationContext } from '@nestjs/common'
import { tokens } from '@rookery/core'
import { settle, type VirtualClock } from '@rookery/testing'
import { ImService } from '../im.service.js'
import { RunningNode } from '../running-node.js'
import { TestDevice } from './test-device.js'

/** Also where a test has put other timers in their place since. */
const { setImmediate: realSetImmediate } = globalThis

export interface TestChatOptions {
  /** The token that a user shows, as the app's `authenticate` wants it. Default: the user id itself. */
  readonly tokenOf?: (userId: string) => string | Promise<string>
}

export interface DeviceOptions {
  /** Default: `phone`. */
  readonly deviceType?: string
  /** Default: a new one. */
  readonly deviceId?: string
  /** Default: what `tokenOf` gives. */
  readonly token?: string
  /** As HTTP gives them, lower-case names. */
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
  /** What the app's own services use. */
  readonly im: ImService
  private devices = 0

  constructor(
    private readonly module: INestApplicationContext,
    private readonly options: TestChatOptions,
  ) {
    this.im = module.get(ImService, { strict: false })
  }

  /**
   * A device of the user that is connected, and follows from now on. A second one of another type is a second device; one of
   * the same type kicks the first.
   * @throws RookeryError where the app refuses it
   */
  async online(userId: string, options: DeviceOptions = {}): Promise<TestDevice> {
    const device = await this.offline(userId, options)
    await device.connect()
    return device
  }

  /** A device of the user that was never connected: it learns everything with its first `connect`. */
  async offline(userId: string, options: DeviceOptions = {}): Promise<TestDevice> {
    const { gate } = this.module.get(RunningNode, { strict: false }).get()
    const { deviceType = 'phone', deviceId = `device-${++this.devices}`, headers = {} } = options
    const token = options.token ?? (await (this.options.tokenOf ?? String)(userId))
    return new TestDevice(gate, userId, { token, deviceId, deviceType, protocol: 1 }, headers)
  }

  /** Resolves when everything has happened that needs neither time nor the outside world. */
  async settle(): Promise<void> {
    // On the real clock a commit begins at the end of a turn, and what follows from it may bring another.
    for (let commits = 0; commits < 2; commits++) {
      await settle()
      await new Promise((resolve) => realSetImmediate(resolve))
    }
    await settle()
  }

  /**
   * Moves time on, and everything that comes due on the way happens.
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
