// Prints the progress of a long run on stderr: stdout is for results.

const startedAt = performance.now()

export function progress(line: string): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)
  process.stderr.write(`${seconds} s  ${line}\n`)
}
