// One turn of a closed loop: a fixed number of requests is always unanswered, until the time is over.

export interface TurnTimes {
  readonly outstanding: number
  readonly windowMs: number
}

export interface Turn {
  readonly perSecond: number
  readonly answered: number
  readonly refused: number
  /** The text of the first refusal. */
  readonly refusal: string | null
}

/** Sends one request. @param answered gets null if it was accepted, otherwise why not */
export type SendOne = (answered: (refusal: string | null) => void) => void

/** Resolves once everything is answered. @param sends each keeps `outstanding` requests unanswered */
export function takeTurn(sends: readonly SendOne[], { outstanding, windowMs }: TurnTimes): Promise<Turn> {
  return new Promise((resolve) => {
    const startedAt = performance.now()
    let [answered, refused, unanswered, inTime] = [0, 0, 0, 0]
    let refusal: string | null = null
    const isOver = (): boolean => performance.now() - startedAt >= windowMs
    const send = (one: SendOne): void => {
      unanswered++
      one((why) => {
        unanswered--
        if (why === null) answered++
        else {
          refused++
          refusal ??= why
        }
        if (!isOver()) {
          inTime = answered
          return send(one)
        }
        if (unanswered === 0) resolve({ perSecond: inTime / (windowMs / 1000), answered, refused, refusal })
      })
    }
    for (const one of sends) for (let n = 0; n < outstanding; n++) send(one)
  })
}
