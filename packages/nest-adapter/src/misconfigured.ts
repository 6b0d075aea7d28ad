// Errors for mistakes in how the host set up its modules, in one line each.

/** Makes an error without a stack trace: the place that throws says nothing about a mistake in the host's modules. */
export function misconfigured(message: string): Error {
  const error = new Error(message)
  error.stack = `Error: ${message}`
  return error
}
