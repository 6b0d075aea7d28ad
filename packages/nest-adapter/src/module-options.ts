// The options of RookeryModule: core's options without the ports, which come from modules, and the transport's options.
import { option, optionNames, type RookeryOptions } from '@rookery/core'
import { type SocketIoTransportOptions, transportOptionNames } from '@rookery/transport-socketio'
import { misconfigured, wordsOf } from './misconfigured.js'
import { type PortName, portNames } from './ports.js'
import type { ProvidedOptions } from './provided.js'
import type { TopicRoutes } from './topics/topic-routes.js'

/**
 * Core's options as the host gives them to the module. The adapters' modules provide the ports; the logger is Nest's.
 */
type CoreModuleOptions = Omit<RookeryOptions, PortName | 'logger' | keyof ProvidedOptions> & ProvidedOptions
/** Where and how clients connect: path, namespace, origins, limits on connections. */
export type TransportModuleOptions = Omit<SocketIoTransportOptions, 'logger'>

export interface RookeryModuleOptions extends CoreModuleOptions, TransportModuleOptions {
  /**
   * Topics of clients (c2s) that go to other services, over clients of @nestjs/microservices. Default: none; the app's
   * own `@OnC2S` methods answer.
   */
  readonly topics?: TopicRoutes
}

interface SortedOptions {
  readonly core: CoreModuleOptions
  readonly transport: TransportModuleOptions
  readonly topics: TopicRoutes
}

/** The class for `forRootAsync({ useClass })` and `useExisting`. */
export interface RookeryOptionsFactory {
  createRookeryOptions(): Promise<RookeryModuleOptions> | RookeryModuleOptions
}

const notHere: ReadonlySet<string> = new Set([...portNames, 'logger'])

const words = wordsOf('RookeryModule')

/** The names of the module's options: core's and the transport's. */
const known = [...optionNames, ...transportOptionNames, 'topics'].filter((name) => !notHere.has(name))

/**
 * Splits the options into core's, the transport's and our own. An option with the value undefined counts as left out.
 * @throws Error in one line that names the option and the remedy
 */
export function sortOptions(options: unknown): SortedOptions {
  if (typeof options !== 'object' || options === null)
    throw misconfigured(
      'RookeryModule got no options: return them from useFactory, at least { authenticate: ({ token }) => ({ userId }) }.',
    )
  const core: Record<string, unknown> = {}
  let topics: TopicRoutes = {}
  const transport: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (notHere.has(name))
      throw misconfigured(
        `RookeryModule option ${name} is not given here: adapters provide it through a module of their own, beside RookeryModule.`,
      )
    option.refuseUnknown({ [name]: value }, known, words)
    if (name === 'topics') topics = topicsOf(value)
    else if (transportOptionNames.includes(name)) transport[name] = value
    else core[name] = value
  }
  // Core and transport check the values when the module starts.
  return { core: core as unknown as CoreModuleOptions, transport, topics }
}

function topicsOf(value: unknown): TopicRoutes {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as TopicRoutes
  throw misconfigured("RookeryModule option topics must be { 'order.*': { client: 'ORDERS', answer: 'queued' } }.")
}
