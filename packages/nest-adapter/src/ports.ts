// Finds core's ports in the host's container. The adapters' modules may stand anywhere in the module tree, in any
// order.
import { type Observer, type RookeryOptions, tokens } from '@rookery/core'
import type { ModulesContainer } from '@nestjs/core'
import { misconfigured } from './misconfigured.js'
import { combineObservers } from './observers.js'

/** A port that an adapter's module may provide. It is the name of core's option. */
export type PortName = keyof typeof tokens & keyof RookeryOptions
export type Ports = Pick<RookeryOptions, PortName>

export const portNames = Object.keys(tokens) as PortName[]

/**
 * Call it once every provider exists, not before `onModuleInit`.
 * @throws Error in one line that says what to import, or which import to remove
 */
export function findPorts(modules: ModulesContainer): Ports {
  const found: Record<string, object> = {}
  for (const name of portNames) {
    const given = findAll(modules, name)
    const port = name === 'observer' ? combineObservers([...given.keys()] as Observer[]) : onlyOne(given, name)
    if (port !== undefined) found[name] = port
  }
  if (found.storage === undefined)
    throw misconfigured(
      'Rookery has no storage: import a storage module beside RookeryModule, such as TypeOrmStorageModule.forRoot() from @rookery/storage-typeorm/nest, or MemoryStorageModule.forRoot() where everything may be lost at exit.',
    )
  return found as unknown as Ports
}

/** Each instance, with the name of the module that provides it. */
function findAll(modules: ModulesContainer, name: PortName): ReadonlyMap<object, string> {
  const found = new Map<object, string>()
  for (const module of modules.values()) {
    const provider = module.providers.get(tokens[name])
    if (provider === undefined) continue
    // Importing one adapter twice makes two instances; two tokens for one instance count once.
    if (provider.instance) found.set(provider.instance as object, module.name)
  }
  return found
}

function onlyOne(found: ReadonlyMap<object, string>, name: PortName): object | undefined {
  if (found.size > 1)
    throw misconfigured(
      `Rookery has ${found.size} providers of ${name} (from ${[...found.values()].join(', ')}): import one of these modules, once, in one place.`,
    )
  return found.keys().next().value
}
