// The suite of the bus port: what a bus must do while its network works.
import { describe, it } from 'vitest'
import type { SuiteCase, SuiteGroup } from '../suite-case.js'
import { failures } from './failures.js'
import { frames } from './frames.js'
import { losses } from './losses.js'
import { BusScene } from './scene.js'
import type { BusCapability, BusSuiteOptions } from './subject.js'
import { topics } from './topics.js'

export const busGroups: readonly SuiteGroup<BusScene, BusCapability>[] = [frames, topics, failures, losses]

/** Runs one case on its own subject. */
export async function runBusCase(
  one: SuiteCase<BusScene, BusCapability>,
  create: BusSuiteOptions['create'],
): Promise<void> {
  const scene = new BusScene(await create())
  try {
    await one.run(scene)
  } finally {
    await scene.close()
  }
}

/** Registers the bus port's suite with vitest. */
export function describeBus({ name, create, capabilities = [] }: BusSuiteOptions): void {
  describe(`${name} keeps the promises of Bus`, () => {
    for (const group of busGroups) {
      describe.skipIf(group.needs !== undefined && !capabilities.includes(group.needs))(group.title, () => {
        for (const one of group.cases) it(one.name, () => runBusCase(one, create))
      })
    }
  })
}
