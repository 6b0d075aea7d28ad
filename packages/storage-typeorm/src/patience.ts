// Work of a start that somebody else is in the way of: it is tried again and again, and in between it stands in nobody's way.

/** How long a start goes on trying, and whom it tells what it waits for. */
export interface Patience {
  /** As `performance.now`. */
  readonly untilMs: number
  tell(line: string): void
}

/** What is tried, and what may be in its way. */
export interface Attempt {
  /** What it waits for where it fails, as a sentence has it: `another node`. */
  readonly waitsFor: string
  /** What an operator can do. */
  readonly remedy: string
  readonly restMs: number
  /** Answers whether it was done; false, or a rejection of which `isInTheWay` holds, where somebody is in the way. */
  run(): Promise<boolean>
  isInTheWay(error: unknown): boolean
}

/** Between two lines about the same wait, ms. */
const tellAgainMs = 5000

/** @throws Error of one line once the time is over; whatever else `run` rejects with */
export async function patiently(patience: Patience, attempt: Attempt): Promise<void> {
  const { waitsFor, remedy, restMs } = attempt
  const beganMs = performance.now()
  for (let toldMs = -Infinity; ;) {
    const reason = await reasonOf(attempt)
    if (reason === null) return
    const nowMs = performance.now()
    const waited = `${Math.round((nowMs - beganMs) / 1000)} s`
    if (nowMs + restMs > patience.untilMs) {
      throw new Error(`bringing the tables up to date waited ${waited} for ${waitsFor}${reason}; ${remedy}`)
    }
    if (nowMs - toldMs >= tellAgainMs) {
      patience.tell(
        `bringing the tables up to date waits for ${waitsFor}${reason}, for ${waited} up to now, and tries again`,
      )
      toldMs = nowMs
    }
    await new Promise((resolve) => setTimeout(resolve, restMs))
  }
}

/** Why it was not done, with what leads there; null where it was. */
async function reasonOf(attempt: Attempt): Promise<string | null> {
  try {
    return (await attempt.run()) ? null : ''
  } catch (error) {
    if (!attempt.isInTheWay(error)) throw error
    return ` (${error instanceof Error ? error.message : String(error)})`
  }
}
