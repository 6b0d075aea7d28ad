// What to do with a frame that does not have the form of the protocol.

/** Takes what is wrong with a frame of the server, in one line. */
export type OnMisshapen = (fault: string) => void

/** Fails the test run: throws in a separate turn, where neither the server nor the test catches it. */
export function failOn(fault: string | null): void {
  if (fault === null) return
  const error = new Error(`the server sent what the protocol does not have: ${fault}`)
  queueMicrotask(() => {
    throw error
  })
}
