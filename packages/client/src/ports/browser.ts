// A browser: pages sleep, are put away and come back, and are looked at or not.
import { plainPlatform, type Platform } from './platform.js'

/** The page that the code runs in; in a process without pages the plain one. */
export function browserPlatform(): Platform {
  if (typeof document === 'undefined' || typeof window === 'undefined') return plainPlatform
  const hear = (target: EventTarget, names: readonly string[], call: () => void): (() => void) => {
    for (const name of names) target.addEventListener(name, call)
    return () => {
      for (const name of names) target.removeEventListener(name, call)
    }
  }
  return {
    onWake: (wake) => {
      const ends = [
        hear(window, ['pageshow', 'online'], wake),
        hear(document, ['visibilitychange', 'resume'], () => document.visibilityState === 'visible' && wake()),
      ]
      return () => {
        for (const end of ends) end()
      }
    },
    // A page with an open socket is not kept by the browser to be shown again at once.
    onHide: (hide) => hear(window, ['pagehide'], hide),
    isFocused: () => document.hasFocus(),
    onFocus: (changed) => hear(window, ['focus', 'blur'], changed),
  }
}
