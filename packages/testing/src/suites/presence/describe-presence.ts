// The suite of the presence port: every case on a fresh subject.
import { describe, it } from 'vitest'
import type { SuiteCase, SuiteGroup } from '../suite-case.js'
import { forgetting, takingOver } from './forgetting.js'
import { leases } from './leases.js'
import { PresenceScene } from './scene.js'
import { slots } from './slots.js'
import type { PresenceCapability, PresenceSuiteOptions } from './subject.js'
import { watching } from './watching.js'

export const presenceGroups: readonly SuiteGroup<PresenceScene, PresenceCapability>[] = [
  slots,
  leases,
  watching,
  forgetting,
  takingOver,
]

/** Runs one case on its own subject. */
export async function runPresenceCase(
  one: SuiteCase<PresenceScene, PresenceCapability>,
  { create, leaseMs = 1000 }: Pick<PresenceSuiteOptions, 'create' | 'leaseMs'>,
): Promise<void> {
  const scene = await PresenceScene.open(await create(), leaseMs)
  try {
    await one.run(scene)
  } finally {
    await scene.close()
  }
}

/** Registers the presence port's suite with vitest. */
export function describePresence(options: PresenceSuiteOptions): void {
  describe(`${options.name} keeps the promises of Presence`, () => {
    for (const group of presenceGroups) {
      const isLeftOut = group.needs !== undefined && !options.capabilities?.includes(group.needs)
      describe.skipIf(isLeftOut)(group.title, () => {
        for (const one of group.cases) it(one.name, () => runPresenceCase(one, options))
      })
    }
  })
}
