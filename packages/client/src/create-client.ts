// A client out of its options.
import { Client } from './client.js'
import type { BackoffOptions } from './connection/backoff.js'
import type { TokenReason } from './connection/connection.js'
import { socketIoDial } from './connection/socketio.js'
import { browserPlatform } from './ports/browser.js'
import type { Clock, Random } from './ports/clock.js'
import type { Dial } from './ports/link.js'
import type { LocalStore } from './ports/local-store.js'
import type { Platform } from './ports/platform.js'
import { systemClock, systemRandom } from './ports/system.js'
import { MemoryStore } from './store/memory-store.js'
import { SharedTabs } from './tabs/shared-tabs.js'
import { browserTabs, type TabPorts } from './tabs/wire.js'
import type { DeclaredTypes } from './types/index.js'
import type { DisplayOrder } from './views/display-order.js'
import { Leader } from './work/leader.js'

export interface ClientOptions {
  /** The origin of the server: `https://chat.example`. */
  readonly url: string
  /** The path of the server's socket.io. Default `/socket.io`. */
  readonly path?: string
  /** Origins of the nodes, best first; asked for when all that are known have failed. Default: `url` alone. */
  readonly endpoints?: () => Promise<readonly string[]>
  /**
   * A token that the server's `authenticate` understands. It is asked for at each connection, a minute before the
   * token of a connection expires, and after the server refused one: then it must be a new one.
   */
  readonly getToken: (why: TokenReason) => Promise<string>
  /** One of the server's device types. Default `web`. */
  readonly deviceType?: string
  /** Where messages are kept. Default: in memory, so that nothing outlives the process. */
  readonly store?: LocalStore
  /**
   * `shared`: all tabs of the app have one connection and one store; where the browser cannot do that, each has its own.
   * Default `single`.
   */
  readonly tabs?: 'shared' | 'single'
  /** Tabs with the same name share. Default: the `url`. */
  readonly tabsName?: string
  /** How messages are ordered where they are shown. Default `seq`. */
  readonly displayOrder?: DisplayOrder
  /** Delays between attempts to connect. */
  readonly backoff?: BackoffOptions
}

/** What a client stands on; tests replace it. */
export interface ClientPorts {
  readonly dial?: Dial
  readonly clock?: Clock
  readonly random?: Random
  readonly platform?: Platform
  readonly tabs?: TabPorts
}

/** Makes a client. It opens nothing before `connect`. */
export function createClient<T extends DeclaredTypes = DeclaredTypes>(
  options: ClientOptions,
  ports: ClientPorts = {},
): Client<T> {
  const { url, path, endpoints, getToken, deviceType = 'web', store = new MemoryStore(), backoff } = options
  const { clock = systemClock, random = systemRandom, platform = browserPlatform() } = ports
  const dial = ports.dial ?? socketIoDial(path === undefined ? {} : { path })
  const connection = {
    url,
    endpoints,
    getToken,
    dial,
    clock,
    random,
    backoff,
    deviceType,
    store,
    platform,
  }
  // Never stored: a tab that was duplicated is another one.
  const instance = random.id()
  const tabs = options.tabs === 'shared' ? (ports.tabs ?? browserTabs()) : null
  const backend =
    tabs === null
      ? new Leader({ ...connection, instance })
      : new SharedTabs(
          options.tabsName ?? url,
          instance,
          tabs,
          clock,
          (topics, elsewhere) => new Leader({ ...connection, instance, topics, elsewhere }),
          { kind: store.kind, isDurable: store.isDurable, isFull: false, isLost: false },
        )
  return new Client<T>({ backend, clock, random, platform, displayOrder: options.displayOrder })
}
