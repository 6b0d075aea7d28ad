// The machine's own clock and chance.
import type { Clock, Random } from './clock.js'

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (run, delayMs) => setTimeout(run, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as number),
}

export const systemRandom: Random = {
  next: () => Math.random(),
  // `randomUUID` is there on secure pages only; `getRandomValues` everywhere.
  id: () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
}
