// Randomness and ids, as core sees them: from outside, so that a seed replays a run.

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** A unique id of 1 to 64 printable characters; later ids sort after earlier ones within a process. */
  id(): string
}
