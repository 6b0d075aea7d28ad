// In which pace a node that drains sends its clients away. Pure.

/**
 * How many of the sessions have been told to leave by now. They leave in equal steps, as many per second as the other
 * nodes shall log in; the rate rises where the last would be told after 0.8 of the deadline.
 * @param total sessions when the drain began
 * @param elapsedMs since then, ms
 * @param stepMs the time between two steps, ms; the first step comes at once
 */
export function toldBy(
  total: number,
  elapsedMs: number,
  stepMs: number,
  { loginsPerSecond, drainMs }: { readonly loginsPerSecond: number; readonly drainMs: number },
): number {
  const perMs = Math.max(loginsPerSecond / 1000, total / (0.8 * drainMs))
  return Math.min(total, Math.ceil(perMs * (elapsedMs + stepMs)))
}
