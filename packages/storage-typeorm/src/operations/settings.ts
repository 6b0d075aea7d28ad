// Computes a member's new settings of a conversation.
import type { SettingsOp } from '@rookery/core'

interface Settings {
  readonly pinned: boolean
  readonly muted: boolean
  readonly hidden: boolean
}

/** The settings after the operation; null where it changes nothing. */
export function changedSettings(before: Settings, op: SettingsOp): Settings | null {
  const { pinned = before.pinned, muted = before.muted, hidden = before.hidden } = op
  const isChanged = pinned !== before.pinned || muted !== before.muted || hidden !== before.hidden
  return isChanged ? { pinned, muted, hidden } : null
}
