// Whether a user is online, and on which kinds of device.
import type { DeviceType, UserId } from './ids.js'

export interface UserPresence {
  readonly userId: UserId
  readonly online: boolean
  readonly devices: readonly DeviceType[]
  /** When the last session ended, Unix ms; absent while online and where nothing is known. */
  readonly lastSeen?: number
}
