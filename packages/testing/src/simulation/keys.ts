// The keys that the devices of one run choose.
import type { Plan } from './plan.js'
import type { SimDevice } from './sim-device.js'

const counts = new WeakMap<Plan, number>()

export const keysSoFar = (plan: Plan): number => counts.get(plan) ?? 0

/** Makes a new key; every second one differs from the one before only in case. */
export function newKey(plan: Plan, device: SimDevice): string {
  const count = keysSoFar(plan) + 1
  counts.set(plan, count)
  return `${device.deviceId}-${count % 2 === 0 ? `K${count}` : `k${count + 1}`}`
}
