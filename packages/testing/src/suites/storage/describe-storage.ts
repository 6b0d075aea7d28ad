// The suite of the storage port.
import { afterAll, describe, it } from 'vitest'
import type { SuiteCase } from '../suite-case.js'
import { conversations } from './conversations.js'
import { devices } from './devices.js'
import type { StorageGroup } from './group.js'
import { controls } from './groups/controls.js'
import { readFanOut } from './groups/fan-out-on-read.js'
import { groupLists } from './groups/lists.js'
import { groupMaking } from './groups/making.js'
import { groupMessages } from './groups/messages.js'
import { groupRaces } from './groups/races.js'
import { groupWindows } from './groups/windows.js'
import { keys } from './keys.js'
import { lifetime } from './lifetime.js'
import { oneUser } from './maintenance/one-user.js'
import { trimming } from './maintenance/trimming.js'
import { trimmingGroups } from './maintenance/trimming-groups.js'
import { verifying } from './maintenance/verifying.js'
import { numbers } from './numbers.js'
import { push } from './push.js'
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
  push,
  text,
  ranges,
  conversations,
  controls,
  groupMaking,
  groupMessages,
  groupWindows,
  readFanOut,
  groupLists,
  groupRaces,
  races,
  lifetime,
  trimming,
  trimmingGroups,
  verifying,
  oneUser,
]

type StorageCase = SuiteCase<StorageScene, keyof StorageCapabilities>

/** Runs one case on its own subject. */
export async function runStorageCase(one: StorageCase, create: StorageSuiteOptions['create']): Promise<void> {
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
    let shared: Promise<StorageScene> | null = null
    const runBeside = async (one: StorageCase): Promise<void> => {
      shared ??= Promise.resolve(create()).then((subject) => StorageScene.open(subject))
      const scene = (await shared).beside()
      try {
        await one.run(scene)
      } finally {
        await scene.close()
      }
    }
    afterAll(async () => (await shared)?.close())

    for (const group of storageGroups) {
      describe(group.title, () => {
        for (const one of group.cases) {
          const isSkipped = [group.needs, one.needs].some((need) => need !== undefined && !capabilities[need])
          it.skipIf(isSkipped)(one.name, () => (one.alone ? runStorageCase(one, create) : runBeside(one)))
        }
      })
    }
  })
}
