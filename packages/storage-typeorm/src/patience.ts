// Work of a start that others block: it tries again and again, and blocks nobody in between.

/** How long a start goes on trying, and where it reports what it waits for. */
export interface Patience {
  /** As `performance.now`. */
  readonly untilMs: number
  tell(line: string): void
}

/** What a start tries to do, and which errors mean that somebody blocks it. */
export interface Attempt {
  /** What the attempt waits for when it fails, as a part of a sentence: `another node`. */
  readonly waitsFor: string
  /** What an operator can do. */
  readonly remedy: string
  readonly restMs: number
  /**
   * Answers true when it is done. It answers false, or rejects with an error for which `isInTheWay` is true, when
   * somebody blocks it.
   */
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

/** Why the attempt failed, as the end of a sentence; null where it succeeded. */
async function reasonOf(attempt: Attempt): Promise<string | null> {
  try {
    return (await attempt.run()) ? null : ''
  } catch (error) {
    if (!attempt.isInTheWay(error)) throw error
    return ` (${error instanceof Error ? error.message : String(error)})`
  }
}
