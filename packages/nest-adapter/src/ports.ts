// Finds core's ports in the host's container, wherever the adapters' modules stand in the tree and in whatever order.
import { type Bus, type Presence, type Storage, tokens } from '@rookery/core'
import type { ModulesContainer } from '@nestjs/core'
import { misconfigured } from './misconfigured.js'

export interface Ports {
  readonly storage: Storage
  readonly presence?: Presence
  readonly bus?: Bus
}

/**
 * To be called once every provider exists, not before `onModuleInit`.
 * @throws Error in one line that says what to import, or which import to remove
 */
export function findPorts(modules: ModulesContainer): Ports {
  const storage = find<Storage>(modules, 'storage')
  const presence = find<Presence>(modules, 'presence')
  const bus = find<Bus>(modules, 'bus')
  if (storage === undefined)
    throw misconfigured(
      'Rookery has no storage: import a storage module beside RookeryModule, such as TypeOrmStorageModule.forRoot() from @rookery/storage-typeorm/nest, or MemoryStorageModule.forRoot() where everything may be lost at exit.',
    )
  return { storage, ...(presence && { presence }), ...(bus && { bus }) }
}

function find<Port extends object>(modules: ModulesContainer, name: keyof typeof tokens): Port | undefined {
  const found = new Map<Port, string>()
  for (const module of modules.values()) {
    const provider = module.providers.get(tokens[name])
    if (provider === undefined) continue
    // Two imports of one adapter are two instances; two names of one instance are one.
    if (provider.instance) found.set(provider.instance as Port, module.name)
  }
  if (found.size > 1)
    throw misconfigured(
      `Rookery has ${found.size} providers of ${name} (from ${[...found.values()].join(', ')}): import one of these modules, once, in one place.`,
    )
  return found.keys().next().value
}
