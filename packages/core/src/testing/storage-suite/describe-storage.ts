// The suite of the storage port: every case on a fresh subject.
import { describe, it } from 'vitest'
import type { SuiteCase } from '../suite-case.js'
import { conversations } from './conversations.js'
import { devices } from './devices.js'
import type { StorageGroup } from './group.js'
import { keys } from './keys.js'
import { lifetime } from './lifetime.js'
import { numbers } from './numbers.js'
import { races } from './races.js'
import { ranges } from './ranges.js'
import { readPositions } from './read-positions.js'
import { StorageScene } from './scene.js'
import { settings } from './settings.js'
import type { StorageCapabilities, StorageSuiteOptions } from './subject.js'
import { text } from './text.js'

export const storageGroups: readonly StorageGroup[] = [
  numbers,
  keys,
  readPositions,
  settings,
  devices,
  text,
  ranges,
  conversations,
  races,
  lifetime,
]

/** Runs one case on a subject of its own. */
export async function runStorageCase(
  one: SuiteCase<StorageScene, keyof StorageCapabilities>,
  create: StorageSuiteOptions['create'],
): Promise<void> {
  const scene = await StorageScene.open(await create())
  try {
    await one.run(scene)
  } finally {
    await scene.close()
  }
}

/** Registers the storage port's suite with vitest: what each numbered guarantee of the port means, case by case. */
export function describeStorage({ name, create, capabilities }: StorageSuiteOptions): void {
  describe(`${name} keeps the promises of Storage`, () => {
    for (const group of storageGroups) {
      describe(group.title, () => {
        for (const one of group.cases) {
          it.skipIf(one.needs !== undefined && !capabilities[one.needs])(one.name, () => runStorageCase(one, create))
        }
      })
    }
  })
}
