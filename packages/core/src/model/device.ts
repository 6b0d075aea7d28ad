// What chat keeps of a device when it has no session.
import type { DeviceId, DeviceType, Seq, UserId } from '@rookery/protocol'

/** A device's row. Its delivered range is `(deliveredFrom, deliveredTo]` of the user's inbox. */
export interface Device {
  readonly userId: UserId
  readonly deviceId: DeviceId
  readonly deviceType: DeviceType
  readonly deliveredFrom: Seq
  readonly deliveredTo: Seq
  /** When a session of it last ended, Unix ms; null before the first end. */
  readonly seenAt: number | null
}
