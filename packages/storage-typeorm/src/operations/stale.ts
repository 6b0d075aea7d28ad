// Decisions that are void because the group has changed.

export interface Versioned {
  readonly version: number
  readonly isDissolved: boolean
}

/** Whether the group has changed since somebody decided the operation under `version`. */
export const isStale = (conversation: Versioned | undefined, version: number | undefined): boolean =>
  version !== undefined && (conversation?.version !== version || conversation.isDissolved)
