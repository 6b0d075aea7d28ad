// A holder of a slot as Redis keeps it: without its user and slot, which say where it stands.
import type { Located, SlotHolder, UserId } from '@rookery/core'

export type Kept = readonly [
  deviceType: string,
  deviceId: string,
  instance: string | null,
  sessionId: string,
  nodeId: string,
  boot: string,
  at: number,
]

/** era, since, heardAt, holder */
export type Held = readonly [era: string, since: string, heardAt: number, holder: Kept]

export const keep = ({ deviceType, deviceId, instance, sessionId, nodeId, boot, at }: SlotHolder): string =>
  JSON.stringify([deviceType, deviceId, instance, sessionId, nodeId, boot, at] satisfies Kept)

export function holderFrom(userId: UserId, slot: string, [, , , kept]: Held): SlotHolder {
  const [deviceType, deviceId, instance, sessionId, nodeId, boot, at] = kept
  return { userId, slot, deviceType, deviceId, instance, sessionId, nodeId, boot, at }
}

/** Everybody under a user's key. */
export const holdersIn = (userId: UserId, json: string): Located[] =>
  Object.entries(JSON.parse(json) as Record<string, Held>).map(([slot, held]) => ({
    ...holderFrom(userId, slot, held),
    heardAt: held[2],
  }))
