// The options of RookeryModule: core's options without the ports, which come from modules, and the transport's options.
import { didYouMean, optionNames, type RookeryOptions } from '@rookery/core'
import type { SocketIoTransportOptions } from '@rookery/transport-socketio'
import { misconfigured } from './misconfigured.js'
import { type PortName, portNames } from './ports.js'
import type { ProvidedOptions } from './provided.js'

/**
 * Core's options as the host gives them to the module. The adapters' modules provide the ports; the logger is Nest's.
 */
export type CoreModuleOptions = Omit<RookeryOptions, PortName | 'logger' | keyof ProvidedOptions> & ProvidedOptions
/** Where and how clients connect: path, namespace, origins, limits on connections. */
export type TransportModuleOptions = Omit<SocketIoTransportOptions, 'logger'>

export interface RookeryModuleOptions extends CoreModuleOptions, TransportModuleOptions {}

/** The class for `forRootAsync({ useClass })` and `useExisting`. */
export interface RookeryOptionsFactory {
  createRookeryOptions(): Promise<RookeryModuleOptions> | RookeryModuleOptions
}

const transportNames: Readonly<Record<keyof TransportModuleOptions, true>> = {
  path: true,
  namespace: true,
  origins: true,
  frameBytesMax: true,
  queueBytesMax: true,
  connectTimeoutMs: true,
  pingIntervalMs: true,
  pingTimeoutMs: true,
  endGraceMs: true,
  connectionsMax: true,
  connectionsPerAddressMax: true,
  unauthenticatedMax: true,
  unauthenticatedPerAddressMax: true,
  trustedProxyHops: true,
  directWrites: true,
}

const notHere: ReadonlySet<string> = new Set([...portNames, 'logger'])

/** The names of the module's options: core's and the transport's. */
const known = [...optionNames, ...Object.keys(transportNames)].filter((name) => !notHere.has(name))

/**
 * Splits the options into core's and the transport's. An option with the value undefined counts as left out.
 * @throws Error in one line that names the option and the remedy
 */
export function sortOptions(options: unknown): { core: CoreModuleOptions; transport: TransportModuleOptions } {
  if (typeof options !== 'object' || options === null)
    throw misconfigured(
      'RookeryModule got no options: return them from useFactory, at least { authenticate: ({ token }) => ({ userId }) }.',
    )
  const core: Record<string, unknown> = {}
  const transport: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (notHere.has(name))
      throw misconfigured(
        `RookeryModule option ${name} is not given here: adapters provide it through a module of their own, beside RookeryModule.`,
      )
    if (!known.includes(name))
      throw misconfigured(
        `RookeryModule option ${name} is no option: known are ${known.join(', ')}${didYouMean(name, known)}`,
      )
    if (Object.hasOwn(transportNames, name)) transport[name] = value
    else core[name] = value
  }
  // Core and transport check the values when the module starts.
  return { core: core as unknown as CoreModuleOptions, transport }
}
