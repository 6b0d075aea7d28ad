// What the client learns from the machine that it runs on: that it may have slept, that it goes away, who looks at it.

/** Each hook returns a function that takes it back. */
export interface Platform {
  /** The app may have slept, or the network may be another one: time to ask whether the connection still lives. */
  onWake(wake: () => void): () => void
  /** The page is put away: its connection must end now. `onWake` tells of its return. */
  onHide(hide: () => void): () => void
  /** Whether a person looks at the app. */
  isFocused(): boolean
  /** Calls back when `isFocused` may have changed. */
  onFocus(changed: () => void): () => void
}

/** A machine that never sleeps, and an app that is always looked at: Node. */
export const plainPlatform: Platform = {
  onWake: () => () => {},
  onHide: () => () => {},
  isFocused: () => true,
  onFocus: () => () => {},
}
