// What the host wired up wrongly, told in one line.

/** An error that is all in its message: where it was thrown says nothing about a mistake in the host's modules. */
export function misconfigured(message: string): Error {
  const error = new Error(message)
  error.stack = `Error: ${message}`
  return error
}
