// What a person may be told of the storage on the device.

export interface StorageStatus {
  /** `memory`, `indexeddb`, `sql`. */
  readonly kind: string
  /** Whether what is held outlives the app. */
  readonly isDurable: boolean
  /** No room is left: what is written now is refused. */
  readonly isFull: boolean
  /** The store was lost while it was used: what is held since lives in memory only. */
  readonly isLost: boolean
}
