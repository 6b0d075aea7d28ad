// The suite of the presence port: every case on a fresh subject.
import { describe, it } from 'vitest'
import type { SuiteCase, SuiteGroup } from '../suite-case.js'
import { leases } from './leases.js'
import { PresenceScene } from './scene.js'
import { slots } from './slots.js'
import type { PresenceSuiteOptions } from './subject.js'
import { watching } from './watching.js'

export const presenceGroups: readonly SuiteGroup<PresenceScene>[] = [slots, leases, watching]

/** Runs one case on its own subject. */
export async function runPresenceCase(
  one: SuiteCase<PresenceScene>,
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
      describe(group.title, () => {
        for (const one of group.cases) it(one.name, () => runPresenceCase(one, options))
      })
    }
  })
}
